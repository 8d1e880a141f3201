//! One thing by its id, if the viewer may see it. For what may not be seen the answer is as for what is not there.

use async_graphql::{Context, Result};
use domain::ids::{AccountId, InterviewId, ReportId, ScorecardId};
use projections::{
    interviews::{self, Where},
    reports::{self, ReportReader},
    scorecards,
};

use super::{
    as_of::AsOf, interview::Interview, person::Person, report::Report, scorecard::Scorecard,
    services::services, standing::Standing, viewer::Viewer,
};
use crate::error::ApiError;

/// An interview, now or as it was; `None` when it does not exist or the viewer may not see it.
///
/// # Errors
/// When the tables or the log cannot be read.
pub async fn load_interview(
    ctx: &Context<'_>,
    viewer: &Viewer,
    interview: InterviewId,
    as_of: Option<AsOf>,
) -> Result<Option<Interview>> {
    let now = interviews::by_id(services(ctx).db(), viewer.tenant, viewer.scope(), interview).await;
    let Some(now) = now.map_err(ApiError::unavailable)? else {
        return Ok(None);
    };
    let Some(as_of) = as_of else {
        return Ok(Some(Interview::new(now, viewer, None)));
    };
    let past = as_of.of(ctx, interview).await?;
    let then = past.interview(ctx, viewer).await?;
    // Permissions are those of today: whoever takes part now may see how it was before.
    Ok(then.map(|then| Interview::new(then, viewer, Some(past))))
}

/// A report, if the viewer may read it.
///
/// # Errors
/// When the tables cannot be read.
pub async fn load_report(ctx: &Context<'_>, viewer: &Viewer, report: ReportId) -> Result<Option<Report>> {
    let (db, tenant) = (services(ctx).db(), viewer.tenant);
    let widest = ReportReader::Staff(scorecards::Reader::Organisation);
    let Some(stored) = reports::by_id(db, tenant, widest, report)
        .await
        .map_err(ApiError::unavailable)?
    else {
        return Ok(None);
    };
    let interview = interviews::by_id(db, tenant, viewer.scope(), stored.row.interview).await;
    let Some(interview) = interview.map_err(ApiError::unavailable)? else {
        return Ok(None);
    };
    let reader = Standing::of(viewer, &interview.row).report_reader(viewer);
    let row = reports::by_id(db, tenant, reader, report)
        .await
        .map_err(ApiError::unavailable)?;
    Ok(row.map(|stored| Report::new(stored.row, reader)))
}

/// A scorecard, if the viewer may see it.
///
/// # Errors
/// When the tables cannot be read.
pub async fn load_scorecard(
    ctx: &Context<'_>,
    viewer: &Viewer,
    scorecard: ScorecardId,
) -> Result<Option<Scorecard>> {
    let (db, tenant) = (services(ctx).db(), viewer.tenant);
    let widest = scorecards::Reader::Organisation;
    let found = scorecards::by_ids(db, tenant, widest, &[scorecard])
        .await
        .map_err(ApiError::unavailable)?;
    let Some(stored) = found.into_iter().flatten().next() else {
        return Ok(None);
    };
    let interview = interviews::by_id(db, tenant, viewer.scope(), stored.row.interview).await;
    let Some(interview) = interview.map_err(ApiError::unavailable)? else {
        return Ok(None);
    };
    let standing = Standing::of(viewer, &interview.row);
    let Some(reader) = standing.reader(viewer) else {
        return Ok(None);
    };
    let found = scorecards::by_ids(db, tenant, reader, &[scorecard])
        .await
        .map_err(ApiError::unavailable)?;
    Ok(found
        .into_iter()
        .flatten()
        .next()
        .map(|stored| Scorecard::new(stored.row, standing)))
}

/// Whom the viewer may look up by id: oneself, anybody for those who run interviews, and whoever one meets.
///
/// # Errors
/// When the tables cannot be read.
pub async fn load_person(ctx: &Context<'_>, viewer: &Viewer, account: AccountId) -> Result<Option<Person>> {
    if account == viewer.account || viewer.is_staff() {
        let known = projections::accounts::by_ids(services(ctx).db(), viewer.tenant, &[account]).await;
        let known = known.map_err(ApiError::unavailable)?.into_iter().flatten().next();
        return Ok(known.map(|_| Person::new(account)));
    }
    let met = Where::Participant(vec![account]);
    let count = interviews::count(services(ctx).db(), viewer.tenant, viewer.scope(), &met).await;
    Ok((count.map_err(ApiError::unavailable)? > 0).then(|| Person::new(account)))
}
