//! Things as they change. Each item is authorised when it is sent.

use std::time::Duration;

use async_graphql::{Context, ID, Result, Subscription as GraphqlSubscription};
use domain::{envelope, fact::Category, ids::InterviewId};
use futures::{Stream, StreamExt, stream};
use store::log::{Filter, Query as LogQuery};
use tokio::sync::watch;

use super::{
    entities::load_interview,
    interview::Interview,
    policy::Operation,
    scalars::Position,
    services::{Services, asker, services},
    standing::Standing,
    viewer::Viewer,
};
use crate::error::{ApiError, ErrorCode};

/// How long a read model may take to pass an event before the subscription looks anyway.
const PATIENCE: Duration = Duration::from_secs(5);

/// Things as they change.
#[derive(Default, Clone, Copy, Debug)]
pub struct Subscription;

/// Follows the log for one interview.
struct Watch {
    services: Services,
    viewer: Viewer,
    interview: InterviewId,
    standing: Standing,
    tail: watch::Receiver<envelope::Position>,
    seen: envelope::Position,
}

/// Events of which categories change what a viewer sees of an interview. Ratings, verdicts and reports are not among
/// them: that something is sent must not tell that there is one. Feedback tells the panel that a rating is in.
const fn shown(standing: Standing) -> &'static [Category] {
    match standing {
        Standing::Candidate | Standing::Staff => &[
            Category::Interview,
            Category::Payment,
            Category::Room,
            Category::Feedback,
        ],
        Standing::Panel | Standing::Analyst => &[Category::Interview, Category::Room],
    }
}

impl Watch {
    /// Waits for the next event that changes what is shown; several at once count as one.
    async fn next(&mut self) -> Option<()> {
        loop {
            let head = *self.tail.borrow_and_update();
            if head > self.seen && self.is_touched(head).await? {
                let _ = self.services.projections.wait_for(head, PATIENCE).await;
                self.seen = head;
                return Some(());
            }
            self.seen = self.seen.max(head);
            self.tail.changed().await.ok()?;
        }
    }

    async fn is_touched(&self, head: envelope::Position) -> Option<bool> {
        let filter = Filter::Link {
            tenant: self.viewer.tenant,
            link: self.interview.uuid(),
        };
        let mut events = self
            .services
            .log
            .read(LogQuery::forward(filter).after(self.seen).until(head));
        while let Some(event) = events.next().await {
            if shown(self.standing).contains(&event.ok()?.envelope.stream.category) {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// Things as they change.
#[GraphqlSubscription]
impl Subscription {
    /// An interview in its newest state, whenever what you may see of it changes. Changes in quick succession are sent
    /// as one; every item is sent after queries can see it.
    async fn interview_updated<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "The interview's id.")] id: ID,
        #[graphql(desc = "Only changes behind this place; from now on when absent.")] after: Option<Position>,
    ) -> Result<impl Stream<Item = Result<Interview>> + use<'ctx>> {
        let viewer = asker(ctx).may(Operation::Interview)?.clone();
        let services = services(ctx).clone();
        let missing = || ApiError::new(ErrorCode::NotFound, "there is no such interview");
        let interview: InterviewId = id.parse().map_err(|_| missing())?;
        let shown_now = load_interview(ctx, &viewer, interview, None).await?;
        let standing = shown_now.ok_or_else(missing)?.standing();
        let tail = services.log.tail();
        let head = services.log.head().await.map_err(ApiError::unavailable)?;
        let seen = after.map_or(head, |after| after.0.min(head));
        let watch = Watch {
            services,
            viewer,
            interview,
            standing,
            tail,
            seen,
        };
        let ctx = ctx.clone();
        Ok(stream::unfold((watch, ctx), |(mut watch, ctx)| async move {
            watch.next().await?;
            let item = load_interview(&ctx, &watch.viewer, watch.interview, None).await;
            // Whoever may no longer see it hears nothing more.
            let item = item.transpose()?;
            Some((item, (watch, ctx)))
        }))
    }
}
