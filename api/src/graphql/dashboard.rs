//! The interviews that the viewer may see, in the groups people ask for, now or as they were.

use std::collections::HashMap;

use async_graphql::{Context, Object, Result};
use domain::{decision::events::Verdict, envelope};
use futures::future::try_join_all;
use projections::{
    interviews::{self, Interviews, Where},
    model::Key,
    phases::{self, Group, Way},
};

use super::{
    as_of::Past,
    connection::{Cursor, Paging, binding, is_counted, page, page_info, slice},
    interview::Interview,
    interviews::{InterviewConnection, list_interviews},
    policy::Operation,
    scalars::Position,
    services::{asker, services},
    standing::Standing,
    viewer::Viewer,
};
use crate::error::ApiError;

/// The interviews that the viewer may see, in the groups people ask for.
#[derive(Clone, Copy, Debug)]
pub struct Dashboard {
    past: Option<Past>,
    sent_for: Option<envelope::Position>,
}

impl Dashboard {
    /// As it is, or as it was.
    pub const fn of(past: Option<Past>) -> Self {
        Self { past, sent_for: None }
    }

    /// As it is, sent because of an event.
    pub const fn sent_for(position: envelope::Position) -> Self {
        Self {
            past: None,
            sent_for: Some(position),
        }
    }

    async fn group(&self, ctx: &Context<'_>, group: Group, paging: Paging) -> Result<InterviewConnection> {
        let viewer = asker(ctx).may(Operation::Dashboard)?;
        match self.past {
            None => {
                let binding = binding("dashboard", &group);
                list_interviews(ctx, viewer, present(group, viewer), &[], paging, binding).await
            }
            Some(past) => list_then(ctx, viewer, group, past, paging).await,
        }
    }
}

/// The interviews that are in a group now.
fn present(group: Group, viewer: &Viewer) -> Where {
    let in_phase = |phase| Where::Phase(vec![phase]);
    // Nobody learns the verdict on oneself from the group an interview stands in, whatever one's role.
    let decided = |verdicts: &[Verdict]| {
        Where::All(vec![
            Where::Verdict(verdicts.to_vec()),
            Where::Not(Box::new(Where::Candidate(vec![viewer.account]))),
        ])
    };
    let completed = |further| Where::All(vec![in_phase(interviews::Phase::Completed), further]);
    match group {
        Group::Upcoming => in_phase(interviews::Phase::Upcoming),
        Group::Live => in_phase(interviews::Phase::Live),
        Group::Completed => completed(Where::Not(Box::new(decided(&[Verdict::Pass, Verdict::Fail])))),
        Group::Succeeded => completed(decided(&[Verdict::Pass])),
        Group::Failed => completed(decided(&[Verdict::Fail])),
    }
}

/// A page of the interviews that were in a group then, each as it was.
async fn list_then(
    ctx: &Context<'_>,
    viewer: &Viewer,
    group: Group,
    past: Past,
    paging: Paging,
) -> Result<InterviewConnection> {
    let then = past.position().0;
    let binding = binding("dashboard", &(group, then));
    let page = page(paging.first, paging.after, paging.last, paging.before, binding)?;
    let (db, tenant) = (services(ctx).db(), viewer.tenant);
    let asker = phases::Asker {
        scope: viewer.scope(),
        account: viewer.account,
    };
    let listed = phases::list(db, tenant, asker, group, then, &slice(&page)?).await;
    let listed = listed.map_err(ApiError::unavailable)?;
    let total_count = match is_counted(ctx) {
        true => phases::count(db, tenant, asker, group, then)
            .await
            .map_err(ApiError::unavailable)?,
        false => 0,
    };
    let page_info = page_info(&listed, binding);
    let (places, ways): (Vec<_>, Vec<_>) = listed.rows.into_iter().unzip();
    let mut told = told(ctx, viewer, ways.iter().map(|way| &*way.row), past).await?;
    let nodes = places.into_iter().zip(ways);
    let nodes = nodes.filter_map(|(place, way)| Some((place, told.remove(&way.key)?)));
    Ok(InterviewConnection::new(nodes, page_info, total_count, binding))
}

/// Interviews as they were, to whoever may see them now.
async fn told(
    ctx: &Context<'_>,
    viewer: &Viewer,
    ways: impl Iterator<Item = &Way>,
    past: Past,
) -> Result<HashMap<Key, Interview>> {
    let ids: Vec<_> = ways.map(|way| way.interview).collect();
    let now = interviews::by_ids(services(ctx).db(), viewer.tenant, viewer.scope(), &ids).await;
    let now = now.map_err(ApiError::unavailable)?.into_iter().flatten();
    let then = now.map(|now| async move {
        let standing = Standing::of(viewer, &now.row);
        let row = past.row::<Interviews>(ctx, now.tenant, now.key).await?;
        Ok::<_, async_graphql::Error>(row.map(|row| (row, standing)))
    });
    let then: Vec<_> = try_join_all(then).await?.into_iter().flatten().collect();
    let keys: Vec<_> = then.iter().map(|(row, _)| row.key).collect();
    Ok(keys
        .into_iter()
        .zip(Interview::listed_then(then, viewer, past))
        .collect())
}

/// The interviews that the viewer may see, in the groups people ask for. Whoever may not know verdicts finds nothing
/// under succeeded and failed, and everything under completed.
#[Object]
impl Dashboard {
    /// The change that it was sent for, to go on behind it after a broken connection; null when it was asked for by a
    /// query.
    async fn position(&self) -> Option<Position> {
        self.sent_for.map(Position)
    }

    /// Not yet begun.
    async fn upcoming(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this place.")] before: Option<Cursor>,
    ) -> Result<InterviewConnection> {
        let paging = Paging {
            first,
            after,
            last,
            before,
        };
        self.group(ctx, Group::Upcoming, paging).await
    }

    /// Going on.
    async fn live(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this place.")] before: Option<Cursor>,
    ) -> Result<InterviewConnection> {
        let paging = Paging {
            first,
            after,
            last,
            before,
        };
        self.group(ctx, Group::Live, paging).await
    }

    /// Over, and neither passed nor failed as far as the viewer may know.
    async fn completed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this place.")] before: Option<Cursor>,
    ) -> Result<InterviewConnection> {
        let paging = Paging {
            first,
            after,
            last,
            before,
        };
        self.group(ctx, Group::Completed, paging).await
    }

    /// Passed.
    async fn succeeded(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this place.")] before: Option<Cursor>,
    ) -> Result<InterviewConnection> {
        let paging = Paging {
            first,
            after,
            last,
            before,
        };
        self.group(ctx, Group::Succeeded, paging).await
    }

    /// Not passed.
    async fn failed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this place.")] before: Option<Cursor>,
    ) -> Result<InterviewConnection> {
        let paging = Paging {
            first,
            after,
            last,
            before,
        };
        self.group(ctx, Group::Failed, paging).await
    }
}
