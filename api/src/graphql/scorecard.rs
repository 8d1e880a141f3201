//! One interviewer's rating, for those who may see it.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::{
    rubric::events as rubric,
    scorecard::events::{Rating as DomainRating, ScorecardContent},
    sealed::Sealed,
};
use projections::scorecards::{self, ScorecardStatus as RowStatus};

use super::{
    enums::Recommendation,
    person::{People, Person},
    scalars::DateTime,
    services::services,
    standing::Standing,
    user_error::int,
};
use crate::error::ApiError;

/// How far a scorecard is.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScorecardStatus {
    /// Waiting to be filled in.
    Assigned,
    /// Submitted, perhaps amended since.
    Submitted,
    /// The interviewer will not rate.
    Declined,
}

/// One thing that is rated.
#[derive(SimpleObject, Clone, Debug)]
pub struct Criterion {
    /// Short name, unique in its rubric.
    id: String,
    /// What people read.
    name: String,
    /// Weight relative to the others.
    weight: i32,
    /// What each rating from 1 upward looks like in practice.
    anchors: Vec<String>,
}

impl From<&rubric::Criterion> for Criterion {
    fn from(criterion: &rubric::Criterion) -> Self {
        Self {
            id: criterion.id.clone(),
            name: criterion.name.to_string(),
            weight: int(criterion.weight),
            anchors: criterion.anchors.iter().map(ToString::to_string).collect(),
        }
    }
}

/// The rating of one criterion.
#[derive(Clone, Debug)]
pub struct Rating(DomainRating, Standing);

/// The rating of one criterion.
#[Object]
impl Rating {
    /// Which criterion.
    async fn criterion(&self) -> &str {
        &self.0.criterion
    }

    /// 1 to 5; null is not rated, which is not zero.
    async fn value(&self) -> Option<i32> {
        self.0.value.map(i32::from)
    }

    /// What it rests on.
    async fn note(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        note(ctx, self.0.note.as_ref(), self.1).await
    }
}

/// One interviewer's rating of one interview.
#[derive(Clone, Debug)]
pub struct Scorecard {
    row: scorecards::Scorecard,
    standing: Standing,
    people: People,
}

/// Notes are for people who know whom they are about.
async fn note(
    ctx: &Context<'_>,
    note: Option<&Sealed<String>>,
    standing: Standing,
) -> Result<Option<String>> {
    let Some(note) = note.filter(|_| !standing.is_pseudonymous()) else {
        return Ok(None);
    };
    Ok(services(ctx)
        .vault
        .open(note)
        .await
        .map_err(ApiError::unavailable)?)
}

impl Scorecard {
    /// The scorecard as a viewer of that standing sees it, with those who are answered together with it.
    pub fn new(row: scorecards::Scorecard, standing: Standing, people: &People) -> Self {
        Self {
            row,
            standing,
            people: people.clone(),
        }
    }

    fn content(&self) -> Option<&ScorecardContent> {
        self.row.versions.last().map(|version| &version.content)
    }
}

/// One interviewer's rating of one interview.
#[Object]
impl Scorecard {
    /// The scorecard's id.
    pub async fn id(&self) -> ID {
        self.row.scorecard.to_string().into()
    }

    /// The interview that is rated.
    async fn interview_id(&self) -> ID {
        self.row.interview.to_string().into()
    }

    /// Who rates.
    async fn interviewer(&self) -> Person {
        self.people.person(self.row.account)
    }

    /// How far it is.
    async fn status(&self) -> ScorecardStatus {
        match self.row.status {
            RowStatus::Assigned => ScorecardStatus::Assigned,
            RowStatus::Submitted => ScorecardStatus::Submitted,
            RowStatus::Declined => ScorecardStatus::Declined,
        }
    }

    /// Version of the rating: 0 before it was submitted, 1 when it was, one more for each amendment.
    async fn version(&self) -> i32 {
        int(self.row.versions.last().map_or(0, |version| version.version))
    }

    /// Until when it is expected.
    async fn due_at(&self) -> DateTime {
        self.row.due_at.into()
    }

    /// What is rated.
    async fn criteria(&self) -> Vec<Criterion> {
        self.row.criteria.iter().map(Criterion::from).collect()
    }

    /// One rating for each criterion.
    async fn ratings(&self) -> Vec<Rating> {
        let ratings = self.content().map_or(&[][..], |content| &content.ratings);
        ratings
            .iter()
            .map(|rating| Rating(rating.clone(), self.standing))
            .collect()
    }

    /// Overall, 1 to 5 stars.
    async fn overall(&self) -> Option<i32> {
        self.content().map(|content| i32::from(content.overall))
    }

    /// What the interviewer recommends.
    async fn recommendation(&self) -> Option<Recommendation> {
        self.content().map(|content| content.recommendation.into())
    }

    /// Never shown to the candidate.
    async fn private_note(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        note(
            ctx,
            self.content().and_then(|content| content.private_note.as_ref()),
            self.standing,
        )
        .await
    }

    /// When it was submitted.
    async fn submitted_at(&self) -> Option<DateTime> {
        self.row.versions.first().map(|version| version.at.into())
    }

    /// True when it came after it was due.
    async fn late(&self) -> bool {
        self.row.versions.first().is_some_and(|version| version.late)
    }
}
