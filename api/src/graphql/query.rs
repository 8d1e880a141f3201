//! Questions: who asks, in which scope, load, map. No rules here.

use async_graphql::{Context, Enum, ID, InputObject, Interface, Object, Result, SimpleObject};
use commands::booking::list_slots::list_slots;
use domain::{
    decision::events::Verdict,
    ids::{self, AccountId, InterviewId, InterviewTypeId, ReportId, ScorecardId},
    time::Span,
};
use projections::{
    interview_types,
    interviews::{self, InterviewOrder as RowOrder, OrderField, Status, Where},
    list::{Direction, Listed, Place, Slice},
    reports::{self, ReportReader},
    scorecards,
};
use sha2::{Digest, Sha256};
use store::executor::CommandError;

use super::{
    as_of::AsOf,
    availability::Availability,
    connection::{Cursor, Page, PageInfo, page},
    enums::{InterviewStatus, Mode, Purpose, Role},
    interview::Interview,
    interview_type::InterviewType,
    organisation::Organisation,
    person::Person,
    policy::Operation,
    report::Report,
    scalars::{DateTime, TimeZone},
    scorecard::Scorecard,
    services::{asker, services},
    standing::Standing,
    system::System,
    timeline::{Paging, TimelineEventConnection, TimelineKind},
    user_error::int,
    viewer::{Asker, Viewer},
};
use crate::{
    error::{ApiError, ErrorCode},
    http::MinPosition,
};

/// Everything that can be asked.
#[derive(Default, Clone, Copy, Debug)]
pub struct Query;

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

/// Whoever is signed in.
#[derive(SimpleObject, Debug)]
#[graphql(name = "Viewer")]
pub struct ViewerInfo {
    /// Oneself; null before a role was chosen or granted.
    account: Option<Person>,
    /// The organisation one acts for.
    organisation: Option<Organisation>,
    /// What one may be there.
    roles: Vec<Role>,
    /// True when a role is to be chosen first.
    needs_role: bool,
    /// The zone that times are told in to oneself.
    time_zone: Option<TimeZone>,
}

/// Which slots are asked for.
#[derive(InputObject, Debug)]
pub struct SlotsInput {
    /// The product.
    type_id: ID,
    /// First moment at which a slot may start.
    from: DateTime,
    /// First moment at which it may not; at most 62 days after `from`.
    to: DateTime,
    /// The zone that local starts are told in.
    time_zone: TimeZone,
}

/// Exactly the slots that can be booked now.
#[derive(SimpleObject, Debug)]
pub struct SlotsResult {
    /// In order of time.
    slots: Vec<super::interview::Slot>,
}

/// What interviews can be filtered by; all that is given must hold.
#[derive(InputObject, Debug, Default)]
pub struct InterviewWhere {
    /// Its status.
    status: Option<StatusFilter>,
    /// What it is for.
    purpose: Option<PurposeFilter>,
    /// Who meets the candidate.
    mode: Option<ModeFilter>,
    /// Who is interviewed.
    candidate_id: Option<IdFilter>,
    /// Who takes part, as candidate or on the panel.
    participant_id: Option<IdFilter>,
    /// The product.
    type_id: Option<IdFilter>,
    /// When it starts.
    start: Option<DateTimeFilter>,
    /// All of these hold.
    and: Option<Vec<InterviewWhere>>,
    /// At least one of these holds.
    or: Option<Vec<InterviewWhere>>,
    /// This does not hold.
    not: Option<Box<InterviewWhere>>,
}

macro_rules! set_filters {
    ($($(#[$doc:meta])* $name:ident($of:ty)),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(InputObject, Debug, Clone)]
            pub struct $name {
                /// Exactly this.
                eq: Option<$of>,
                /// One of these.
                #[graphql(name = "in")]
                is_in: Option<Vec<$of>>,
            }

            impl $name {
                fn values(&self) -> Vec<$of> {
                    self.eq.iter().cloned().chain(self.is_in.iter().flatten().cloned()).collect()
                }
            }
        )*
    };
}

set_filters! {
    /// A filter by status.
    StatusFilter(InterviewStatus),
    /// A filter by purpose.
    PurposeFilter(Purpose),
    /// A filter by mode.
    ModeFilter(Mode),
}

/// A filter by id.
#[derive(InputObject, Debug, Clone)]
pub struct IdFilter {
    /// Exactly this.
    eq: Option<ID>,
    /// One of these.
    #[graphql(name = "in")]
    is_in: Option<Vec<ID>>,
}

impl IdFilter {
    fn values<K: ids::Kind>(&self) -> Vec<ids::Id<K>> {
        let all = self.eq.iter().chain(self.is_in.iter().flatten());
        all.filter_map(|id| id.parse().ok()).collect()
    }
}

/// A filter by moment.
#[derive(InputObject, Debug, Clone, Copy)]
pub struct DateTimeFilter {
    /// Then or later.
    gte: Option<DateTime>,
    /// Before.
    lt: Option<DateTime>,
}

/// What interviews can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum InterviewOrderField {
    /// When it starts.
    Start,
    /// When it was asked for.
    Created,
}

/// The direction of an order.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderDirection {
    /// Least first.
    Asc,
    /// Greatest first.
    Desc,
}

/// An order of interviews; ties are broken by id.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct InterviewOrder {
    /// By what.
    field: InterviewOrderField,
    /// Which way.
    direction: OrderDirection,
}

/// One item in a page of interviews.
#[derive(SimpleObject, Debug)]
pub struct InterviewEdge {
    /// Where it is in the list.
    cursor: Cursor,
    /// The interview.
    node: Interview,
}

/// A page of interviews.
#[derive(SimpleObject, Debug)]
pub struct InterviewConnection {
    /// The interviews in order.
    edges: Vec<InterviewEdge>,
    /// Where the page lies.
    page_info: PageInfo,
    /// How many there are in all, as far as the viewer may see them.
    total_count: i32,
}

/// One item in a page of products.
#[derive(SimpleObject, Debug)]
pub struct InterviewTypeEdge {
    /// Where it is in the list.
    cursor: Cursor,
    /// The product.
    node: InterviewType,
}

/// A page of products.
#[derive(SimpleObject, Debug)]
pub struct InterviewTypeConnection {
    /// The products, in the order in which they were defined.
    edges: Vec<InterviewTypeEdge>,
    /// Where the page lies.
    page_info: PageInfo,
    /// How many there are in all.
    total_count: i32,
}

/// The interviews that the viewer may see, in the groups people ask for.
#[derive(Clone, Copy, Debug)]
pub struct Dashboard;

/// A statement over interviews.
fn condition(filter: &InterviewWhere) -> Where {
    let mut all = Vec::new();
    if let Some(status) = &filter.status {
        all.push(Where::Status(
            status.values().into_iter().flat_map(statuses).copied().collect(),
        ));
    }
    if let Some(purpose) = &filter.purpose {
        all.push(Where::Purpose(
            purpose.values().into_iter().map(Into::into).collect(),
        ));
    }
    if let Some(mode) = &filter.mode {
        all.push(Where::Mode(mode.values().into_iter().map(Into::into).collect()));
    }
    if let Some(candidate) = &filter.candidate_id {
        all.push(Where::Candidate(candidate.values()));
    }
    if let Some(participant) = &filter.participant_id {
        all.push(Where::Participant(participant.values()));
    }
    if let Some(product) = &filter.type_id {
        all.push(Where::Type(product.values()));
    }
    if let Some(start) = filter.start {
        all.extend(start.gte.map(|moment| Where::StartsFrom(moment.0)));
        all.extend(start.lt.map(|moment| Where::StartsBefore(moment.0)));
    }
    all.extend(filter.and.iter().flatten().map(condition));
    all.extend(
        filter
            .or
            .as_ref()
            .map(|any| Where::Any(any.iter().map(condition).collect())),
    );
    all.extend(
        filter
            .not
            .as_ref()
            .map(|not| Where::Not(Box::new(condition(not)))),
    );
    Where::All(all)
}

/// The stored statuses that one of the API covers.
const fn statuses(status: InterviewStatus) -> &'static [Status] {
    match status {
        InterviewStatus::Held | InterviewStatus::AwaitingPayment => &[Status::Requested, Status::Held],
        InterviewStatus::Confirmed => &[Status::Confirmed],
        InterviewStatus::Open => &[Status::Open],
        InterviewStatus::Live => &[Status::Live],
        InterviewStatus::Completed => &[Status::Ended, Status::Completed],
        InterviewStatus::Expired => &[Status::Expired],
        InterviewStatus::NoShow => &[Status::NoShow],
        InterviewStatus::Abandoned => &[Status::Abandoned],
    }
}

/// What a cursor carries beside its binding: a place in one of the tables' lists.
fn cursor(binding: u64, place: &Place) -> Cursor {
    Cursor {
        binding,
        sort: 0,
        key: serde_json::to_string(place).unwrap_or_default(),
    }
}

fn place(cursor: &Cursor) -> Result<Place> {
    let unreadable = || ApiError::new(ErrorCode::BadCursor, "not a cursor of this API");
    Ok(serde_json::from_str(&cursor.key).map_err(|_| unreadable())?)
}

fn slice(page: &Page) -> Result<Slice> {
    let size = |number: u64| u16::try_from(number).unwrap_or(u16::MAX);
    Ok(match page {
        Page::Forward { after, first } => {
            let slice = Slice::first(size(*first));
            match after {
                Some(after) => slice.after(place(after)?),
                None => slice,
            }
        }
        Page::Backward { before, last } => {
            let slice = Slice::last(size(*last));
            match before {
                Some(before) => slice.before(place(before)?),
                None => slice,
            }
        }
    })
}

fn page_info<R>(listed: &Listed<R>, binding: u64) -> PageInfo {
    PageInfo {
        has_next_page: listed.has_next,
        has_previous_page: listed.has_previous,
        start_cursor: listed.rows.first().map(|(place, _)| cursor(binding, place)),
        end_cursor: listed.rows.last().map(|(place, _)| cursor(binding, place)),
    }
}

/// A cursor belongs to one list, filter and order: these, in a number.
fn binding(list: &str, sorted_and_filtered_by: &impl std::fmt::Debug) -> u64 {
    let hash = Sha256::digest(format!("{list} {sorted_and_filtered_by:?}"));
    hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

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
async fn load_scorecard(
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
async fn load_person(ctx: &Context<'_>, viewer: &Viewer, account: AccountId) -> Result<Option<Person>> {
    if account == viewer.account || viewer.is_staff() {
        let known = projections::accounts::by_ids(services(ctx).db(), viewer.tenant, &[account]).await;
        let known = known.map_err(ApiError::unavailable)?.into_iter().flatten().next();
        return Ok(known.map(|_| Person::new(account)));
    }
    let met = Where::Participant(vec![account]);
    let count = interviews::count(services(ctx).db(), viewer.tenant, viewer.scope(), &met).await;
    Ok((count.map_err(ApiError::unavailable)? > 0).then(|| Person::new(account)))
}

async fn load_node(ctx: &Context<'_>, viewer: &Viewer, id: &ID) -> Result<Option<Node>> {
    if let Ok(interview) = id.parse::<InterviewId>() {
        return Ok(load_interview(ctx, viewer, interview, None)
            .await?
            .map(Node::Interview));
    }
    if let Ok(product) = id.parse::<InterviewTypeId>() {
        return Ok(InterviewType::load(ctx, viewer, product)
            .await?
            .map(Node::InterviewType));
    }
    if let Ok(report) = id.parse::<ReportId>() {
        return Ok(load_report(ctx, viewer, report).await?.map(Node::Report));
    }
    if let Ok(scorecard) = id.parse::<ScorecardId>() {
        return Ok(load_scorecard(ctx, viewer, scorecard).await?.map(Node::Scorecard));
    }
    if let Ok(account) = id.parse::<AccountId>() {
        return Ok(load_person(ctx, viewer, account).await?.map(Node::Person));
    }
    match id.parse::<ids::OrganisationId>() {
        Ok(organisation) if organisation == viewer.tenant => Ok(Organisation::load(ctx, organisation)
            .await?
            .map(Node::Organisation)),
        Ok(_) | Err(_) => Ok(None),
    }
}

/// A page of the interviews that fit and that the viewer may see.
async fn list_interviews(
    ctx: &Context<'_>,
    viewer: &Viewer,
    filter: Where,
    order: &[RowOrder],
    paging: Paging,
    binding: u64,
) -> Result<InterviewConnection> {
    let page = page(paging.first, paging.after, paging.last, paging.before, binding)?;
    let (db, tenant, scope) = (services(ctx).db(), viewer.tenant, viewer.scope());
    let listed = interviews::list(db, tenant, scope, &filter, order, &slice(&page)?).await;
    let listed = listed.map_err(ApiError::unavailable)?;
    let total = interviews::count(db, tenant, scope, &filter)
        .await
        .map_err(ApiError::unavailable)?;
    let page_info = page_info(&listed, binding);
    let edge = |(place, row)| InterviewEdge {
        cursor: cursor(binding, &place),
        node: Interview::new(row, viewer, None),
    };
    Ok(InterviewConnection {
        edges: listed.rows.into_iter().map(edge).collect(),
        page_info,
        total_count: int(total),
    })
}

/// Everything that can be asked.
#[Object]
impl Query {
    /// Something by its id; null when it does not exist or you may not see it.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The object's id.")] id: ID,
    ) -> Result<Option<Node>> {
        fresh(ctx).await?;
        match asker(ctx) {
            Asker::Member(viewer) => load_node(ctx, viewer, &id).await,
            Asker::Anonymous | Asker::Stranger(_) => Ok(None),
        }
    }

    /// Several things by their ids, in the order asked; null for each that does not exist or that you may not see.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100 ids.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > 100 {
            return Err(ApiError::bad_user_input("at most 100 ids").into());
        }
        fresh(ctx).await?;
        let mut nodes = Vec::with_capacity(ids.len());
        for id in &ids {
            nodes.push(match asker(ctx) {
                Asker::Member(viewer) => load_node(ctx, viewer, id).await?,
                Asker::Anonymous | Asker::Stranger(_) => None,
            });
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
                }));
            }
            Asker::Member(viewer) => viewer,
        };
        let row = projections::accounts::by_ids(services(ctx).db(), viewer.tenant, &[viewer.account]).await;
        let row = row.map_err(ApiError::unavailable)?.into_iter().flatten().next();
        Ok(Some(ViewerInfo {
            account: Some(Person::new(viewer.account)),
            organisation: Organisation::load(ctx, viewer.tenant).await?,
            roles: viewer.roles.iter().copied().map(Role::from).collect(),
            needs_role: false,
            time_zone: row.and_then(|stored| stored.row.zone).map(TimeZone),
        }))
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
        let Ok(interview) = id.parse() else {
            return Ok(None);
        };
        load_interview(ctx, viewer, interview, as_of).await
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
    async fn interview_types(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this place.")] before: Option<Cursor>,
    ) -> Result<Option<InterviewTypeConnection>> {
        let viewer = begin(ctx, Operation::InterviewTypes).await?;
        let everything = viewer.is_staff();
        let binding = binding("interviewTypes", &everything);
        let page = page(first, after, last, before, binding)?;
        let filter = if everything {
            interview_types::Where::All(Vec::new())
        } else {
            interview_types::Where::Bookable(true)
        };
        let (db, tenant) = (services(ctx).db(), viewer.tenant);
        let listed = interview_types::list(db, tenant, &filter, Direction::Ascending, &slice(&page)?).await;
        let listed = listed.map_err(ApiError::unavailable)?;
        let total = interview_types::count(db, tenant, &filter)
            .await
            .map_err(ApiError::unavailable)?;
        let page_info = page_info(&listed, binding);
        let edges = listed.rows.into_iter().map(|(place, stored)| InterviewTypeEdge {
            cursor: cursor(binding, &place),
            node: InterviewType::new(stored.row, viewer),
        });
        Ok(Some(InterviewTypeConnection {
            edges: edges.collect(),
            page_info,
            total_count: int(total),
        }))
    }

    /// Exactly the slots of a product that can be booked now. Null for a product that is not offered.
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
        let offers = match list_slots(&services(ctx).executor, viewer.tenant, product, range, now).await {
            Ok(offers) => offers,
            Err(CommandError::Refused(domain::refusal::Refusal::NotFound { .. })) => return Ok(None),
            Err(CommandError::Refused(refusal)) => {
                return Err(ApiError::bad_user_input(refusal.to_string()).into());
            }
            Err(error) => return Err(ApiError::unavailable(error).into()),
        };
        let slot = |offer: domain::slots::Offer| {
            super::interview::Slot::from(&domain::time::Slot::promised(offer.span, input.time_zone.0))
        };
        Ok(Some(SlotsResult {
            slots: offers.into_iter().map(slot).collect(),
        }))
    }

    /// When an interviewer can be met: one's own, or anybody's for those who run interviews.
    async fn availability(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The interviewer's account.")] person_id: ID,
    ) -> Result<Option<Availability>> {
        let viewer = begin(ctx, Operation::Availability).await?;
        let Ok(account) = person_id.parse::<AccountId>() else {
            return Ok(None);
        };
        if account != viewer.account && !viewer.is_staff() {
            return Ok(None);
        }
        Availability::load(ctx, viewer, account).await
    }

    /// One report; null when it does not exist or you may not read it.
    async fn report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The report's id.")] id: ID,
    ) -> Result<Option<Report>> {
        let viewer = begin(ctx, Operation::Report).await?;
        let Ok(report) = id.parse() else { return Ok(None) };
        load_report(ctx, viewer, report).await
    }

    /// One's own scorecards that are still to be filled in.
    async fn my_scorecards(&self, ctx: &Context<'_>) -> Result<Option<Vec<Scorecard>>> {
        let viewer = begin(ctx, Operation::MyScorecards).await?;
        let due = [scorecards::ScorecardStatus::Assigned];
        let (db, tenant) = (services(ctx).db(), viewer.tenant);
        let listed = scorecards::of_rater(db, tenant, viewer.account, &due, &Slice::first(100)).await;
        let rows = listed.map_err(ApiError::unavailable)?.rows.into_iter();
        Ok(Some(
            rows.map(|(_, stored)| Scorecard::new(stored.row, Standing::Panel))
                .collect(),
        ))
    }

    /// The interviews that you may see, in the groups people ask for.
    async fn dashboard(&self, ctx: &Context<'_>) -> Result<Option<Dashboard>> {
        begin(ctx, Operation::Dashboard).await?;
        Ok(Some(Dashboard))
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

    /// The machinery: how far the read models are, what effects are open.
    async fn system(&self, ctx: &Context<'_>) -> Result<Option<System>> {
        let viewer = begin(ctx, Operation::System).await?;
        System::load(ctx, viewer).await.map(Some)
    }
}

impl From<InterviewOrder> for RowOrder {
    fn from(order: InterviewOrder) -> Self {
        Self {
            field: match order.field {
                InterviewOrderField::Start => OrderField::Start,
                InterviewOrderField::Created => OrderField::Created,
            },
            direction: match order.direction {
                OrderDirection::Asc => Direction::Ascending,
                OrderDirection::Desc => Direction::Descending,
            },
        }
    }
}

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
