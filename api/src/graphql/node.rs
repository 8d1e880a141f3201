//! Anything with an id, found by its id alone.

use async_graphql::{Context, ID, Interface, Result};
use domain::ids::{self, AccountId, InterviewId, InterviewTypeId, ReportId, ScorecardId};

use super::{
    as_of::Past,
    entities::{load_interview, load_person, load_report, load_scorecard},
    interview::Interview,
    interview_type::InterviewType,
    organisation::Organisation,
    person::Person,
    products::load_product,
    report::Report,
    scorecard::Scorecard,
    viewer::Viewer,
};

/// Something with an id of its own.
#[derive(Interface, Clone, Debug)]
#[graphql(field(name = "id", ty = "ID", desc = "The object's id, unique in the whole system."))]
#[allow(clippy::large_enum_variant)]
pub enum Node {
    /// An interview.
    Interview(Interview),
    /// A product.
    InterviewType(InterviewType),
    /// A person.
    Person(Person),
    /// A report.
    Report(Report),
    /// A scorecard.
    Scorecard(Scorecard),
    /// An organisation.
    Organisation(Organisation),
}

/// Anything by its id, now or as it was, if the viewer may see it.
///
/// # Errors
/// When the tables or the log cannot be read.
pub async fn load_node(
    ctx: &Context<'_>,
    viewer: &Viewer,
    id: &ID,
    past: Option<Past>,
) -> Result<Option<Node>> {
    if let Ok(interview) = id.parse::<InterviewId>() {
        return Ok(load_interview(ctx, viewer, interview, past)
            .await?
            .map(Node::Interview));
    }
    if let Ok(product) = id.parse::<InterviewTypeId>() {
        return Ok(load_product(ctx, viewer, product, past)
            .await?
            .map(Node::InterviewType));
    }
    if let Ok(report) = id.parse::<ReportId>() {
        return Ok(load_report(ctx, viewer, report, past).await?.map(Node::Report));
    }
    if let Ok(scorecard) = id.parse::<ScorecardId>() {
        return Ok(load_scorecard(ctx, viewer, scorecard, past)
            .await?
            .map(Node::Scorecard));
    }
    if let Ok(account) = id.parse::<AccountId>() {
        return Ok(load_person(ctx, viewer, account, past).await?.map(Node::Person));
    }
    match id.parse::<ids::OrganisationId>() {
        Ok(organisation) if organisation == viewer.tenant => Ok(Organisation::load(ctx, organisation, past)
            .await?
            .map(Node::Organisation)),
        Ok(_) | Err(_) => Ok(None),
    }
}
