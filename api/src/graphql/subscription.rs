//! Things as they change. Each item is authorised when it is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_graphql::{Context, ID, Result, Subscription as GraphqlSubscription};
use domain::{envelope, fact::Category, ids::InterviewId};
use futures::{Stream, StreamExt, stream};
use projections::interviews;
use store::log::{Filter, Query as LogQuery};
use tokio::sync::watch;

use super::{
    dashboard::Dashboard,
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
/// Events whose interviews are looked up by one statement, at most.
const LOOKED_UP_TOGETHER: usize = 200;

/// The event of which whoever may not see kits is told nothing, not even that it happened.
const KIT_ATTACHED: &str = "interview.kit_attached";

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
            if self.is_shown(&event.ok()?.envelope) {
                return Some(true);
            }
        }
        Some(false)
    }

    fn is_shown(&self, envelope: &envelope::Envelope) -> bool {
        let is_hidden = envelope.event_type == KIT_ATTACHED && !self.standing.sees_the_kit(&self.viewer);
        shown(self.standing).contains(&envelope.stream.category) && !is_hidden
    }
}

/// Follows the log for the dashboard.
struct Overview {
    services: Services,
    viewer: Viewer,
    tail: watch::Receiver<envelope::Position>,
    seen: envelope::Position,
}

impl Overview {
    /// Waits for the next event that may move an interview from one group to another, among those that the viewer may
    /// see; several at once count as one. Says where the last of them stands.
    async fn next(&mut self) -> Option<envelope::Position> {
        loop {
            let head = *self.tail.borrow_and_update();
            if head > self.seen {
                // What may be seen is asked of the tables.
                let _ = self.services.projections.wait_for(head, PATIENCE).await;
                let touched = self.last_touched(head).await?;
                self.seen = head;
                if touched.is_some() {
                    return touched;
                }
            }
            self.tail.changed().await.ok()?;
        }
    }

    /// The last event up to a position that is about an interview of theirs.
    async fn last_touched(&self, head: envelope::Position) -> Option<Option<envelope::Position>> {
        let filter = Filter::Tenant(self.viewer.tenant);
        let events = self
            .services
            .log
            .read(LogQuery::forward(filter).after(self.seen).until(head));
        let mut pages = events.ready_chunks(LOOKED_UP_TOGETHER);
        let mut last = None;
        while let Some(page) = pages.next().await {
            let mut moved = BTreeMap::new();
            for event in page {
                let envelope = event.ok()?.envelope;
                for interview in Self::moved_by(&envelope) {
                    moved.insert(interview, envelope.position);
                }
            }
            last = last.max(self.last_of(&moved).await?);
        }
        Some(last)
    }

    /// The interviews that may stand elsewhere after an event.
    fn moved_by(envelope: &envelope::Envelope) -> Vec<(Moved, InterviewId)> {
        let category = envelope.stream.category;
        if envelope.event_type == KIT_ATTACHED {
            Vec::new()
        } else if category == Category::Interview {
            vec![(Moved::ByCourse, InterviewId::new(envelope.stream.id))]
        } else if category == Category::Decision {
            // Among the ids it is linked to, that of the interview is the only one that is found as one.
            let links = envelope.links.iter();
            links
                .map(|link| (Moved::ByVerdict, InterviewId::new(*link)))
                .collect()
        } else {
            Vec::new()
        }
    }

    /// The last of the positions whose interview the viewer may see, and may know to have moved.
    async fn last_of(
        &self,
        moved: &BTreeMap<(Moved, InterviewId), envelope::Position>,
    ) -> Option<Option<envelope::Position>> {
        let ids: BTreeSet<_> = moved.keys().map(|(_, interview)| *interview).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let (db, viewer) = (self.services.db(), &self.viewer);
        let found = interviews::by_ids(db, viewer.tenant, viewer.scope(), &ids)
            .await
            .ok()?;
        let found = found.into_iter().flatten();
        let positions = found.flat_map(|stored| {
            let standing = Standing::of(viewer, &stored.row);
            let by = [Moved::ByCourse, Moved::ByVerdict].into_iter();
            by.filter(move |by| by.is_known(standing))
                .filter_map(move |by| moved.get(&(by, stored.row.interview)).copied())
        });
        Some(positions.max())
    }
}

/// How an interview came to stand elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Moved {
    /// By what happened in it.
    ByCourse,
    /// By what was decided on it.
    ByVerdict,
}

impl Moved {
    const fn is_known(self, standing: Standing) -> bool {
        match (self, standing) {
            (Self::ByCourse, _) | (Self::ByVerdict, Standing::Staff | Standing::Analyst) => true,
            (Self::ByVerdict, Standing::Candidate | Standing::Panel) => false,
        }
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
    /// The groups of the dashboard, whenever an interview that you may see may have come to stand in another one, as far
    /// as you may know it. Changes in quick succession are sent as one; every item is sent after queries can see it.
    async fn dashboard_updated<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "Only changes behind this place; from now on when absent.")] after: Option<Position>,
    ) -> Result<impl Stream<Item = Dashboard> + use<'ctx>> {
        let viewer = asker(ctx).may(Operation::DashboardUpdated)?.clone();
        let services = services(ctx).clone();
        let tail = services.log.tail();
        let head = services.log.head().await.map_err(ApiError::unavailable)?;
        let seen = after.map_or(head, |after| after.0.min(head));
        let overview = Overview {
            services,
            viewer,
            tail,
            seen,
        };
        Ok(stream::unfold(overview, |mut overview| async move {
            let position = overview.next().await?;
            Some((Dashboard::sent_for(position), overview))
        }))
    }
}

#[cfg(test)]
mod tests {
    use domain::fact::Fact;

    use super::*;

    #[test]
    fn what_is_kept_from_candidates_is_an_event_of_interviews() {
        let types = Fact::types();
        let known = types
            .iter()
            .find(|event| event.wire.name == KIT_ATTACHED)
            .unwrap();

        assert_eq!(known.category, Category::Interview);
    }
}
