//! Lists of interviews: filter, order, pages.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use projections::{
    interviews::{self, InterviewOrder as RowOrder, OrderField, Status, Where},
    list::Place,
};

use super::{
    connection::{Cursor, PageInfo, Paging, cursor, is_counted, page, page_info, slice},
    enums::InterviewStatus,
    filters::{
        DateTimeFilter, IdFilter, ModeFilter, OptionalIdFilter, OrderDirection, PurposeFilter, StatusFilter,
        TextFilter, ids_of, within,
    },
    in_order::{InOrder, ListInOrder},
    interview::Interview,
    services::services,
    user_error::int,
    viewer::Viewer,
};
use crate::error::ApiError;

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
    type_id: Option<OptionalIdFilter>,
    /// The series that it is of.
    series_id: Option<IdFilter>,
    /// The group that it is a seat of.
    group_id: Option<IdFilter>,
    /// What it is called.
    title: Option<TextFilter>,
    /// When it starts.
    start: Option<DateTimeFilter>,
    /// When it was asked for.
    created: Option<DateTimeFilter>,
    /// All of these hold.
    and: Option<Vec<InterviewWhere>>,
    /// At least one of these holds.
    or: Option<Vec<InterviewWhere>>,
    /// This does not hold.
    not: Option<Box<InterviewWhere>>,
}

/// What interviews can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum InterviewOrderField {
    /// When it starts.
    Start,
    /// When it was asked for.
    Created,
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
#[derive(Debug)]
pub struct InterviewEdge {
    binding: u64,
    place: Place,
    node: InOrder<Interview>,
}

/// One item in a page of interviews.
#[Object]
impl InterviewEdge {
    /// Where it is in the list.
    async fn cursor(&self) -> Cursor {
        cursor(self.binding, &self.place)
    }

    /// The interview.
    async fn node(&self) -> &InOrder<Interview> {
        &self.node
    }
}

/// A page of interviews.
#[derive(SimpleObject, Debug)]
pub struct InterviewConnection {
    /// The interviews in order.
    edges: ListInOrder<InOrder<InterviewEdge>>,
    /// Where the page lies.
    page_info: PageInfo,
    /// How many there are in all, as far as the viewer may see them.
    total_count: i32,
}

impl InterviewConnection {
    /// Interviews at their places in a list.
    pub fn new(
        nodes: impl IntoIterator<Item = (Place, Interview)>,
        page_info: PageInfo,
        total_count: u64,
        binding: u64,
    ) -> Self {
        let edge = |(place, node)| InterviewEdge {
            binding,
            place,
            node: InOrder(node),
        };
        Self {
            edges: nodes.into_iter().map(edge).collect(),
            page_info,
            total_count: int(total_count),
        }
    }
}

impl From<InterviewOrder> for RowOrder {
    fn from(order: InterviewOrder) -> Self {
        Self {
            field: match order.field {
                InterviewOrderField::Start => OrderField::Start,
                InterviewOrderField::Created => OrderField::Created,
            },
            direction: order.direction.into(),
        }
    }
}

/// A filter as a statement over the table.
pub fn condition(filter: &InterviewWhere) -> Where {
    let mut all = Vec::new();
    if let Some(status) = &filter.status {
        all.push(
            status.condition(|some| Where::Status(some.into_iter().flat_map(statuses).copied().collect())),
        );
    }
    if let Some(purpose) = &filter.purpose {
        all.push(purpose.condition(|some| Where::Purpose(some.into_iter().map(Into::into).collect())));
    }
    if let Some(mode) = &filter.mode {
        all.push(mode.condition(|some| Where::Mode(some.into_iter().map(Into::into).collect())));
    }
    if let Some(candidate) = &filter.candidate_id {
        all.push(candidate.condition(|some| Where::Candidate(ids_of(&some))));
    }
    if let Some(participant) = &filter.participant_id {
        all.push(participant.condition(|some| Where::Participant(ids_of(&some))));
    }
    if let Some(product) = &filter.type_id {
        all.push(product.condition(|some| Where::Type(ids_of(&some)), Where::NoType));
    }
    if let Some(series) = &filter.series_id {
        all.push(series.condition(|some| Where::Series(ids_of(&some))));
    }
    if let Some(group) = &filter.group_id {
        all.push(group.condition(|some| Where::Group(ids_of(&some))));
    }
    if let Some(title) = &filter.title {
        all.push(title.condition(Where::Title, Where::TitleContains));
    }
    if let Some(start) = filter.start {
        all.push(start.condition(Where::StartsFrom, Where::StartsBefore));
    }
    if let Some(created) = filter.created {
        all.push(created.condition(Where::CreatedFrom, Where::CreatedBefore));
    }
    all.extend(within(
        filter.and.as_ref(),
        filter.or.as_ref(),
        filter.not.as_deref(),
        condition,
    ));
    Where::All(all)
}

/// The stored statuses that one of the API covers.
const fn statuses(status: InterviewStatus) -> &'static [Status] {
    match status {
        InterviewStatus::Held => &[Status::Requested, Status::Held],
        InterviewStatus::AwaitingApproval => &[Status::AwaitingApproval],
        InterviewStatus::AwaitingPayment => &[Status::AwaitingPayment],
        InterviewStatus::Confirmed => &[Status::Confirmed],
        InterviewStatus::Open => &[Status::Open],
        InterviewStatus::Live => &[Status::Live],
        InterviewStatus::Completed => &[Status::Ended, Status::Completed],
        InterviewStatus::Expired => &[Status::Expired],
        InterviewStatus::Cancelled => &[Status::Cancelled],
        InterviewStatus::NoShow => &[Status::NoShow],
        InterviewStatus::Abandoned => &[Status::Abandoned],
    }
}

/// A page of the interviews that fit and that the viewer may see.
///
/// # Errors
/// When the tables cannot be read, or the paging arguments are not acceptable.
pub async fn list_interviews(
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
    let total_count = match is_counted(ctx) {
        true => interviews::count(db, tenant, scope, &filter)
            .await
            .map_err(ApiError::unavailable)?,
        false => 0,
    };
    let page_info = page_info(&listed, binding);
    let (places, rows): (Vec<_>, Vec<_>) = listed.rows.into_iter().unzip();
    let nodes = places.into_iter().zip(Interview::listed(rows, viewer));
    Ok(InterviewConnection::new(nodes, page_info, total_count, binding))
}
