//! One thing by its id, if the viewer may see it. For what may not be seen the answer is as for what is not there.

use std::sync::Arc;

use async_graphql::{Context, Result};
use domain::ids::{AccountId, InterviewId, ReportId, ScorecardId};
use projections::{
    interviews::{self, Interviews, Where},
    reports::{self, ReportReader, Reports},
    scorecards::{self, Scorecards},
};

use super::{
    as_of::{Past, then},
    interview::Interview,
    person::{People, Person},
    report::Report,
    scorecard::Scorecard,
    services::services,
    standing::Standing,
    viewer::Viewer,
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
    past: Option<Past>,
) -> Result<Option<Interview>> {
    let now = interviews::by_id(services(ctx).db(), viewer.tenant, viewer.scope(), interview).await;
    let Some(now) = now.map_err(ApiError::unavailable)? else {
        return Ok(None);
    };
    let Some(past) = past else {
        return Ok(Some(Interview::new(now, viewer)));
    };
    // Permissions are those of today: whoever takes part now may see how it was before.
    let standing = Standing::of(viewer, &now.row);
    let row = past.row::<Interviews>(ctx, now.tenant, now.key).await?;
    Ok(row.map(|row| Interview::then(row, standing, viewer, past)))
}

/// Several interviews in the order asked, without those that the viewer may not see.
///
/// # Errors
/// When the table cannot be read.
pub async fn load_interviews(
    ctx: &Context<'_>,
    viewer: &Viewer,
    wanted: &[InterviewId],
) -> Result<Vec<Interview>> {
    let rows = interviews::by_ids(services(ctx).db(), viewer.tenant, viewer.scope(), wanted).await;
    let rows = rows.map_err(ApiError::unavailable)?.into_iter().flatten();
    Ok(Interview::listed(rows.collect(), viewer))
}

/// A report, now or as it was, if the viewer may read it.
///
/// # Errors
/// When the tables or the log cannot be read.
pub async fn load_report(
    ctx: &Context<'_>,
    viewer: &Viewer,
    report: ReportId,
    past: Option<Past>,
) -> Result<Option<Report>> {
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
    let found = reports::by_id(db, tenant, reader, report).await;
    let Some(now) = found.map_err(ApiError::unavailable)? else {
        return Ok(None);
    };
    let people = People::new([now.row.candidate], past);
    let row = then::<Reports>(ctx, past, now).await?;
    Ok(row
        .map(|stored| Report::new(stored.row, reader, &people))
        .filter(Report::is_there))
}

/// A scorecard, now or as it was, if the viewer may see it.
///
/// # Errors
/// When the tables or the log cannot be read.
pub async fn load_scorecard(
    ctx: &Context<'_>,
    viewer: &Viewer,
    scorecard: ScorecardId,
    past: Option<Past>,
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
    let Some(now) = found.into_iter().flatten().next() else {
        return Ok(None);
    };
    let people = People::new([now.row.account], past);
    let row = then::<Scorecards>(ctx, past, now).await?;
    Ok(row.map(|stored| Scorecard::new(Arc::unwrap_or_clone(stored.row), standing, &people)))
}

/// Whom the viewer may look up by id, now or as they were: oneself, anybody for those who run interviews, and whoever
/// one meets.
///
/// # Errors
/// When the tables or the log cannot be read.
pub async fn load_person(
    ctx: &Context<'_>,
    viewer: &Viewer,
    account: AccountId,
    past: Option<Past>,
) -> Result<Option<Person>> {
    if account != viewer.account && !viewer.is_staff() {
        let met = Where::Participant(vec![account]);
        let count = interviews::count(services(ctx).db(), viewer.tenant, viewer.scope(), &met).await;
        if count.map_err(ApiError::unavailable)? == 0 {
            return Ok(None);
        }
    }
    let person = Person::then(account, past);
    Ok(person.is_known(ctx).await?.then_some(person))
}
