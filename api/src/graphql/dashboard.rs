//! The interviews that the viewer may see, in the groups people ask for.

use async_graphql::{Context, Object, Result};
use domain::decision::events::Verdict;
use projections::interviews::{self, Where};

use super::{
    connection::{Cursor, Paging, binding},
    interviews::{InterviewConnection, list_interviews},
    policy::Operation,
    services::asker,
};

/// The interviews that the viewer may see, in the groups people ask for.
#[derive(Clone, Copy, Debug)]
pub struct Dashboard;

impl Dashboard {
    async fn group(
        &self,
        ctx: &Context<'_>,
        name: &str,
        filter: Where,
        paging: Paging,
    ) -> Result<InterviewConnection> {
        let viewer = asker(ctx).may(Operation::Dashboard)?;
        let binding = binding("dashboard", &name);
        list_interviews(ctx, viewer, filter, &[], paging, binding).await
    }
}

fn in_phase(phase: interviews::Phase) -> Where {
    Where::Phase(vec![phase])
}

/// Nobody learns the verdict on oneself from the group an interview stands in, whatever one's role.
fn not_on_oneself(ctx: &Context<'_>) -> Result<Where> {
    let viewer = asker(ctx).may(Operation::Dashboard)?;
    Ok(Where::Not(Box::new(Where::Candidate(vec![viewer.account]))))
}

/// The interviews that the viewer may see, in the groups people ask for. Whoever may not know verdicts finds nothing
/// under succeeded and failed, and everything under completed.
#[Object]
impl Dashboard {
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
        self.group(ctx, "upcoming", in_phase(interviews::Phase::Upcoming), paging)
            .await
    }

    /// Going on now.
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
        self.group(ctx, "live", in_phase(interviews::Phase::Live), paging)
            .await
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
        let decided = Where::All(vec![
            Where::Verdict(vec![Verdict::Pass, Verdict::Fail]),
            not_on_oneself(ctx)?,
        ]);
        let filter = Where::All(vec![
            in_phase(interviews::Phase::Completed),
            Where::Not(Box::new(decided)),
        ]);
        self.group(
            ctx,
            "completed",
            filter,
            Paging {
                first,
                after,
                last,
                before,
            },
        )
        .await
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
        let filter = Where::All(vec![
            in_phase(interviews::Phase::Completed),
            Where::Verdict(vec![Verdict::Pass]),
            not_on_oneself(ctx)?,
        ]);
        self.group(
            ctx,
            "succeeded",
            filter,
            Paging {
                first,
                after,
                last,
                before,
            },
        )
        .await
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
        let filter = Where::All(vec![
            in_phase(interviews::Phase::Completed),
            Where::Verdict(vec![Verdict::Fail]),
            not_on_oneself(ctx)?,
        ]);
        self.group(
            ctx,
            "failed",
            filter,
            Paging {
                first,
                after,
                last,
                before,
            },
        )
        .await
    }
}
