//! Questions: who asks, in which scope, load, map. No rules here.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use commands::booking::list_slots::{explain_slots, list_slots};
use domain::{ids::AccountId, refusal::Refusal, time::Span};
use projections::{
    interviews::{InterviewOrder as RowOrder, Where},
    list::Slice,
    scorecards,
};
use store::executor::CommandError;

use super::{
    agenda::{AgendaEntry, Asked, load_agenda},
    as_of::{AsOf, past},
    attention::{AttentionConnection, AttentionOrder, AttentionWhere, list_attention},
    availability::Availability,
    connection::{Cursor, Paging, binding},
    dashboard::Dashboard,
    diff::Diff,
    entities::{load_interview, load_report},
    enums::Role,
    interview::Interview,
    interview_types::{
        InterviewTypeConnection, InterviewTypeOrder, InterviewTypeWhere, list_interview_types,
    },
    interviews::{InterviewConnection, InterviewOrder, InterviewWhere, condition, list_interviews},
    kits::{KitConnection, KitOrder, KitWhere, list_kits},
    node::{Node, load_node},
    organisation::Organisation,
    person::{People, Person},
    policy::Operation,
    report::Report,
    scalars::{DateTime, TimeZone},
    scorecard::Scorecard,
    services::{asker, services},
    session::RoomPreview,
    slots::{SlotsInput, SlotsResult},
    standing::Standing,
    system::System,
    timeline::{TimelineEventConnection, TimelineKind},
    viewer::{Asker, CalendarFeed, Viewer, ViewerInfo},
    waitlist::{WaitlistEntryConnection, WaitlistOrder, WaitlistWhere, list_waitlist},
};
use crate::{error::ApiError, http::MinPosition};

/// Everything that can be asked.
#[derive(Default, Clone, Copy, Debug)]
pub struct Query;

/// Waits for the position that the client wants to see, if it named one.
async fn fresh(ctx: &Context<'_>) -> Result<()> {
    match ctx.data_opt::<MinPosition>() {
        Some(wanted) => Ok(services(ctx).at_least(wanted.0).await?),
        None => Ok(()),
    }
}

/// The viewer, if the operation is open, once the read models are as fresh as asked.
async fn begin<'a>(ctx: &Context<'a>, operation: Operation) -> Result<&'a Viewer> {
    let viewer = asker(ctx).may(operation)?;
    fresh(ctx).await?;
    Ok(viewer)
}

/// Everything that can be asked.
#[Object]
impl Query {
    /// Something by its id, now or as it was; null when it does not exist or you may not see it.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The object's id.")] id: ID,
        #[graphql(desc = "A moment of the past; now when absent. Permissions are those of today.")]
        as_of: Option<AsOf>,
    ) -> Result<Option<Node>> {
        fresh(ctx).await?;
        match asker(ctx) {
            Asker::Member(viewer) => load_node(ctx, viewer, &id, past(ctx, as_of).await?).await,
            Asker::Anonymous | Asker::Stranger(_) => Ok(None),
        }
    }

    /// Several things by their ids, now or as they were, in the order asked; null for each that does not exist or that
    /// you may not see.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100 ids.")] ids: Vec<ID>,
        #[graphql(desc = "A moment of the past; now when absent. Permissions are those of today.")]
        as_of: Option<AsOf>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > 100 {
            return Err(ApiError::bad_user_input("at most 100 ids").into());
        }
        fresh(ctx).await?;
        let viewer = match asker(ctx) {
            Asker::Member(viewer) => viewer,
            Asker::Anonymous | Asker::Stranger(_) => return Ok(ids.iter().map(|_| None).collect()),
        };
        let past = past(ctx, as_of).await?;
        let mut nodes = Vec::with_capacity(ids.len());
        for id in &ids {
            nodes.push(load_node(ctx, viewer, id, past).await?);
        }
        Ok(nodes)
    }

    /// Whoever is signed in; null when nobody is.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<ViewerInfo>> {
        fresh(ctx).await?;
        let viewer = match asker(ctx) {
            Asker::Anonymous => return Ok(None),
            Asker::Stranger(_) => {
                return Ok(Some(ViewerInfo {
                    account: None,
                    organisation: None,
                    roles: Vec::new(),
                    needs_role: true,
                    time_zone: None,
                    calendar_feeds: Vec::new(),
                }));
            }
            Asker::Member(viewer) => viewer,
        };
        let row = projections::accounts::by_ids(services(ctx).db(), viewer.tenant, &[viewer.account]).await;
        let row = row.map_err(ApiError::unavailable)?.into_iter().flatten().next();
        Ok(Some(ViewerInfo {
            account: Some(Person::new(viewer.account)),
            organisation: Organisation::load(ctx, viewer.tenant, None).await?,
            roles: viewer.roles.iter().copied().map(Role::from).collect(),
            needs_role: false,
            time_zone: row.as_ref().and_then(|stored| stored.row.zone).map(TimeZone),
            calendar_feeds: row
                .iter()
                .flat_map(|stored| &stored.row.feeds)
                .map(|known| CalendarFeed {
                    id: known.feed.into(),
                    created_at: known.created_at.into(),
                })
                .collect(),
        }))
    }

    /// An instant session by its code; null for a code that is wrong or over. Ten wrong ones within ten minutes, and it
    /// is `RATE_LIMITED`.
    async fn session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code, in either case, with or without hyphens and spaces.")] join_code: String,
    ) -> Result<Option<RoomPreview>> {
        let viewer = begin(ctx, Operation::Session).await?;
        let services = services(ctx);
        let tried = services
            .tries
            .begin(viewer.account)
            .map_err(ApiError::rate_limited)?;
        let found = RoomPreview::of_code(services, viewer, &join_code).await;
        if !matches!(found, Ok(None)) {
            tried.give_back();
        }
        found
    }

    /// One interview, now or as it was; null when it does not exist or you may not see it.
    async fn interview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The interview's id.")] id: ID,
        #[graphql(desc = "A moment of the past; now when absent. Permissions are those of today.")]
        as_of: Option<AsOf>,
    ) -> Result<Option<Interview>> {
        let viewer = begin(ctx, Operation::Interview).await?;
        let past = past(ctx, as_of).await?;
        let Ok(interview) = id.parse() else {
            return Ok(None);
        };
        load_interview(ctx, viewer, interview, past).await
    }

    /// The interviews that you may see.
    #[allow(clippy::too_many_arguments)]
    async fn interviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "where", desc = "Only those that fit.")] filter: Option<InterviewWhere>,
        #[graphql(desc = "By what they are ordered; by start when absent.")] order_by: Option<
            Vec<InterviewOrder>,
        >,
        #[graphql(desc = "At most so many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this place.")] before: Option<Cursor>,
    ) -> Result<Option<InterviewConnection>> {
        let viewer = begin(ctx, Operation::Interviews).await?;
        let binding = binding("interviews", &(&filter, &order_by));
        let order: Vec<_> = order_by.into_iter().flatten().map(RowOrder::from).collect();
        let filter = filter.as_ref().map_or(Where::All(Vec::new()), condition);
        let paging = Paging {
            first,
            after,
            last,
            before,
        };
        list_interviews(ctx, viewer, filter, &order, paging, binding)
            .await
            .map(Some)
    }

    /// The products of the organisation.
    #[allow(clippy::too_many_arguments)]
    async fn interview_types(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "where", desc = "Only those that fit.")] filter: Option<InterviewTypeWhere>,
        #[graphql(desc = "By what they are ordered; by when they were defined when absent.")]
        order_by: Option<Vec<InterviewTypeOrder>>,
        #[graphql(desc = "At most so many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this place.")] before: Option<Cursor>,
    ) -> Result<Option<InterviewTypeConnection>> {
        let viewer = begin(ctx, Operation::InterviewTypes).await?;
        let paging = Paging {
            first,
            after,
            last,
            before,
        };
        let order = order_by.unwrap_or_default();
        list_interview_types(ctx, viewer, filter, &order, paging)
            .await
            .map(Some)
    }

    /// The plans for interviews that the organisation has, for those who interview, run interviews or measure. Never
    /// for candidates.
    #[allow(clippy::too_many_arguments)]
    async fn kits(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "where", desc = "Only those that fit.")] filter: Option<KitWhere>,
        #[graphql(desc = "By what they are ordered; by when they were first published when absent.")]
        order_by: Option<Vec<KitOrder>>,
        #[graphql(desc = "At most so many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this place.")] before: Option<Cursor>,
    ) -> Result<Option<KitConnection>> {
        let viewer = begin(ctx, Operation::Kits).await?;
        let paging = Paging {
            first,
            after,
            last,
            before,
        };
        let order = order_by.unwrap_or_default();
        list_kits(ctx, viewer, filter, &order, paging).await.map(Some)
    }

    /// Exactly the slots of a product that can be booked now; with `explain` also why the other starts cannot. Null for a
    /// product that is not offered.
    async fn slots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which slots.")] input: SlotsInput,
    ) -> Result<Option<SlotsResult>> {
        let viewer = begin(ctx, Operation::Slots).await?;
        let Ok(product) = input.type_id.parse() else {
            return Ok(None);
        };
        let range = Span {
            start: input.from.0,
            end: input.to.0,
        };
        let now = services(ctx).clock.now();
        let (executor, tenant) = (&services(ctx).executor, viewer.tenant);
        let found = if input.explain {
            let told = explain_slots(executor, tenant, product, range, now).await;
            told.map(|told| SlotsResult::explained(&told, input.time_zone.0, viewer))
        } else {
            let listed = list_slots(executor, tenant, product, range, now).await;
            listed.map(|offers| SlotsResult::listed(&offers, input.time_zone.0))
        };
        match found {
            Ok(result) => Ok(Some(result)),
            Err(CommandError::Refused(Refusal::NotFound { .. })) => Ok(None),
            Err(CommandError::Refused(refusal)) => Err(ApiError::bad_user_input(refusal.to_string()).into()),
            Err(error) => Err(ApiError::unavailable(error).into()),
        }
    }

    /// When an interviewer can be met, now or as it was: one's own, or anybody's for those who run interviews.
    async fn availability(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The interviewer's account.")] person_id: ID,
        #[graphql(desc = "A moment of the past; now when absent. Permissions are those of today.")]
        as_of: Option<AsOf>,
    ) -> Result<Option<Availability>> {
        let viewer = begin(ctx, Operation::Availability).await?;
        let past = past(ctx, as_of).await?;
        let Ok(account) = person_id.parse::<AccountId>() else {
            return Ok(None);
        };
        if account != viewer.account && !viewer.is_staff() {
            return Ok(None);
        }
        Availability::load(ctx, viewer, account, past).await
    }

    /// What people have to do in a stretch of time, in order of start, then person: interviews, time that is held for one, what
    /// calendars that are kept elsewhere say, and absences. Of oneself everything; of anybody for those who run interviews, and
    /// for interviewers where the organisation lets them schedule; for other interviewers only when a colleague is busy.
    /// Somebody you may not ask for is answered as somebody who has nothing to do.
    async fn agenda(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose: 1 to 50 accounts.")] person_ids: Vec<ID>,
        #[graphql(desc = "First moment of the stretch of time.")] from: DateTime,
        #[graphql(desc = "First moment after it; at most 62 days later.")] to: DateTime,
    ) -> Result<Option<Vec<AgendaEntry>>> {
        let viewer = begin(ctx, Operation::Agenda).await?;
        let asked = Asked::parse(&person_ids, from, to)?;
        load_agenda(ctx, viewer, asked).await.map(Some)
    }

    /// One report, now or as it was; null when it does not exist or you may not read it.
    async fn report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The report's id.")] id: ID,
        #[graphql(desc = "A moment of the past; now when absent. Permissions are those of today.")]
        as_of: Option<AsOf>,
    ) -> Result<Option<Report>> {
        let viewer = begin(ctx, Operation::Report).await?;
        let past = past(ctx, as_of).await?;
        let Ok(report) = id.parse() else { return Ok(None) };
        load_report(ctx, viewer, report, past).await
    }

    /// One's own scorecards that are still to be filled in.
    async fn my_scorecards(&self, ctx: &Context<'_>) -> Result<Option<Vec<Scorecard>>> {
        let viewer = begin(ctx, Operation::MyScorecards).await?;
        let due = [scorecards::ScorecardStatus::Assigned];
        let (db, tenant) = (services(ctx).db(), viewer.tenant);
        let listed = scorecards::of_rater(db, tenant, viewer.account, &due, &Slice::first(100)).await;
        let rows = listed.map_err(ApiError::unavailable)?.rows.into_iter();
        let people = People::new([viewer.account], None);
        let scorecard = |row| Scorecard::new(Arc::unwrap_or_clone(row), Standing::Panel, &people);
        Ok(Some(rows.map(|(_, stored)| scorecard(stored.row)).collect()))
    }

    /// The interviews that you may see, in the groups people ask for.
    async fn dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A moment of the past; now when absent. Permissions are those of today.")]
        as_of: Option<AsOf>,
    ) -> Result<Option<Dashboard>> {
        begin(ctx, Operation::Dashboard).await?;
        let past = past(ctx, as_of).await?;
        if let Some(past) = past {
            services(ctx).at_least(past.position().0).await?;
        }
        Ok(Some(Dashboard::of(past)))
    }

    /// The story of an interview, as far as you may know it; null when it does not exist or you may not see it.
    #[allow(clippy::too_many_arguments)]
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The interview's id.")] subject_id: ID,
        #[graphql(desc = "Only these parts of the story.")] kinds: Option<Vec<TimelineKind>>,
        #[graphql(desc = "At most so many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this place.")] before: Option<Cursor>,
    ) -> Result<Option<TimelineEventConnection>> {
        let viewer = begin(ctx, Operation::Timeline).await?;
        let Ok(interview) = subject_id.parse() else {
            return Ok(None);
        };
        let paging = Paging {
            first,
            after,
            last,
            before,
        };
        TimelineEventConnection::load(ctx, viewer, interview, kinds, paging).await
    }

    /// What has changed in something between two moments, field by field, as far as you may see it now; null when it does
    /// not exist or you may not see it. It tells exactly what differs between the answers as of the two moments.
    async fn diff(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The id of an interview, a scorecard, a report, a product, a person or the \
                          organisation. A person is compared together with their availability."
        )]
        subject_id: ID,
        #[graphql(desc = "The earlier moment.")] from: AsOf,
        #[graphql(desc = "The later moment; not before the earlier one.")] to: AsOf,
    ) -> Result<Option<Diff>> {
        let viewer = begin(ctx, Operation::Diff).await?;
        Diff::between(ctx, viewer, subject_id, from, to).await
    }

    /// What people should look at because the rules do not say what is to become of it, above all money that does not
    /// fit. What was settled is no longer listed.
    #[allow(clippy::too_many_arguments)]
    async fn attention(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "where", desc = "Only those that fit.")] filter: Option<AttentionWhere>,
        #[graphql(desc = "By what they are ordered; what has waited longest first when absent.")]
        order_by: Option<Vec<AttentionOrder>>,
        #[graphql(desc = "At most so many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this place.")] before: Option<Cursor>,
    ) -> Result<Option<AttentionConnection>> {
        let viewer = begin(ctx, Operation::Attention).await?;
        let paging = Paging {
            first,
            after,
            last,
            before,
        };
        let order = order_by.unwrap_or_default();
        list_attention(ctx, viewer, filter, &order, paging)
            .await
            .map(Some)
    }

    /// Who waits for which product, who came first, first: one's own places, and every list for those who run interviews.
    #[allow(clippy::too_many_arguments)]
    async fn waitlist(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "where", desc = "Only those that fit.")] filter: Option<WaitlistWhere>,
        #[graphql(desc = "By what they are ordered; who came first, first when absent.")] order_by: Option<
            Vec<WaitlistOrder>,
        >,
        #[graphql(desc = "At most so many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this place.")] before: Option<Cursor>,
    ) -> Result<Option<WaitlistEntryConnection>> {
        let viewer = begin(ctx, Operation::Waitlist).await?;
        let paging = Paging {
            first,
            after,
            last,
            before,
        };
        let order = order_by.unwrap_or_default();
        list_waitlist(ctx, viewer, filter, &order, paging).await.map(Some)
    }

    /// The machinery: how far the read models are, what effects are open.
    async fn system(&self, ctx: &Context<'_>) -> Result<Option<System>> {
        let viewer = begin(ctx, Operation::System).await?;
        System::load(ctx, viewer).await.map(Some)
    }
}
