//! Places on waitlists.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use domain::ids::EntryId;
use projections::{
    list::Direction,
    waitlist::{self, Entry as Row, Scope, Where},
};

use super::{
    connection::{Cursor, PageInfo, Paging, binding, cursor, is_counted, page, page_info, slice},
    enums::WaitlistStatus,
    filters::{IdFilter, OrderDirection, WaitlistStatusFilter, ids_of, within},
    interview::Slot,
    interview_type::InterviewType,
    person::{People, Person},
    products::Products,
    scalars::{DateTime, TimeZone},
    services::services,
    user_error::int,
    viewer::Viewer,
};
use crate::error::ApiError;

/// What places can be filtered by; all that is given must hold.
#[derive(InputObject, Debug, Default)]
pub struct WaitlistWhere {
    /// The product.
    type_id: Option<IdFilter>,
    /// How far it is.
    status: Option<WaitlistStatusFilter>,
    /// All of these hold.
    and: Option<Vec<WaitlistWhere>>,
    /// At least one of these holds.
    or: Option<Vec<WaitlistWhere>>,
    /// This does not hold.
    not: Option<Box<WaitlistWhere>>,
}

/// What places can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitlistOrderField {
    /// When they came.
    Joined,
}

/// An order of places. It is that of the log, also where two came at the same moment.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct WaitlistOrder {
    /// By what.
    field: WaitlistOrderField,
    /// Which way.
    direction: OrderDirection,
}

/// A time that was offered to somebody who waits.
#[derive(SimpleObject, Clone, Debug)]
pub struct WaitlistOffer {
    /// The time, held for them.
    slot: Slot,
    /// When it goes to the next in line unless it is taken before.
    expires_at: DateTime,
    /// The interview that taking it makes; null before.
    interview_id: Option<ID>,
}

/// A place on the waitlist of a product.
#[derive(Clone, Debug)]
pub struct WaitlistEntry {
    row: Arc<Row>,
    products: Products,
    people: People,
}

/// A place on the waitlist of a product.
#[Object]
impl WaitlistEntry {
    /// The place's id.
    async fn id(&self) -> ID {
        self.row.entry.to_string().into()
    }

    /// For which product.
    #[graphql(name = "type")]
    async fn interview_type(&self, ctx: &Context<'_>) -> Result<Option<InterviewType>> {
        self.products.get(ctx, self.row.interview_type).await
    }

    /// Who waits.
    async fn candidate(&self) -> Person {
        self.people.person(self.row.candidate)
    }

    /// The first moment at which an interview may start.
    async fn from(&self) -> DateTime {
        self.row.wanted.start.into()
    }

    /// The first moment after.
    async fn to(&self) -> DateTime {
        self.row.wanted.end.into()
    }

    /// The zone the candidate reads times in.
    async fn time_zone(&self) -> TimeZone {
        TimeZone(self.row.zone)
    }

    /// How far it is.
    async fn status(&self) -> WaitlistStatus {
        self.row.status.into()
    }

    /// The time that was offered last; null when nothing was, or it was declined.
    async fn offer(&self) -> Option<WaitlistOffer> {
        let offer = self.row.offer.as_ref()?;
        let is_booked = self.row.status == waitlist::Status::Booked;
        Some(WaitlistOffer {
            slot: (&offer.slot).into(),
            expires_at: offer.expires_at.into(),
            interview_id: is_booked.then(|| offer.interview.to_string().into()),
        })
    }

    /// When they came.
    async fn joined_at(&self) -> DateTime {
        self.row.joined_at.into()
    }
}

impl WaitlistEntry {
    /// A place that the viewer may see.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn load(ctx: &Context<'_>, viewer: &Viewer, entry: EntryId) -> Result<Option<Self>> {
        let found = waitlist::by_id(services(ctx).db(), viewer.tenant, scope(viewer), entry).await;
        let row = found.map_err(ApiError::unavailable)?.map(|stored| stored.row);
        Ok(Self::together(row, viewer).pop())
    }

    /// Places that are answered together, in the order given.
    fn together(rows: impl IntoIterator<Item = Arc<Row>>, viewer: &Viewer) -> Vec<Self> {
        let rows: Vec<_> = rows.into_iter().collect();
        let products = Products::new(rows.iter().map(|row| row.interview_type), viewer, None);
        let people = People::new(rows.iter().map(|row| row.candidate), None);
        let entry = |row| Self {
            row,
            products: products.clone(),
            people: people.clone(),
        };
        rows.into_iter().map(entry).collect()
    }
}

/// Those who run interviews see every list, everybody else the own places.
fn scope(viewer: &Viewer) -> Scope {
    match viewer.is_staff() {
        true => Scope::Organisation,
        false => Scope::Own(viewer.account),
    }
}

/// A filter as a statement over the table.
fn condition(filter: &WaitlistWhere) -> Where {
    let mut all = Vec::new();
    if let Some(product) = &filter.type_id {
        // Text that is no id of a product is the id of none.
        all.push(product.condition(|some| Where::Type(ids_of(&some))));
    }
    if let Some(status) = &filter.status {
        all.push(status.condition(|some| Where::Status(some.into_iter().map(Into::into).collect())));
    }
    all.extend(within(
        filter.and.as_ref(),
        filter.or.as_ref(),
        filter.not.as_deref(),
        condition,
    ));
    Where::All(all)
}

/// The direction that an order comes to: there is one field, and what it was ordered by first says all.
fn direction(order: &[WaitlistOrder]) -> Direction {
    match order.first() {
        Some(WaitlistOrder {
            field: WaitlistOrderField::Joined,
            direction,
        }) => (*direction).into(),
        None => Direction::Ascending,
    }
}

/// One place in a page.
#[derive(SimpleObject, Debug)]
pub struct WaitlistEntryEdge {
    /// Where it is in the list.
    cursor: Cursor,
    /// The place.
    node: WaitlistEntry,
}

/// A page of places.
#[derive(SimpleObject, Debug)]
pub struct WaitlistEntryConnection {
    /// The places in order.
    edges: Vec<WaitlistEntryEdge>,
    /// Where the page lies.
    page_info: PageInfo,
    /// How many there are in all.
    total_count: i32,
}

/// A page of the places that the viewer may see.
///
/// # Errors
/// When the table cannot be read, or the paging arguments are not acceptable.
pub async fn list_waitlist(
    ctx: &Context<'_>,
    viewer: &Viewer,
    filter: Option<WaitlistWhere>,
    order: &[WaitlistOrder],
    paging: Paging,
) -> Result<WaitlistEntryConnection> {
    let scope = scope(viewer);
    let binding = binding("waitlist", &(viewer.is_staff(), &filter, order));
    let page = page(paging.first, paging.after, paging.last, paging.before, binding)?;
    let filter = filter.as_ref().map_or(Where::All(Vec::new()), condition);
    let (db, tenant) = (services(ctx).db(), viewer.tenant);
    let listed = waitlist::list(db, tenant, scope, &filter, direction(order), &slice(&page)?).await;
    let listed = listed.map_err(ApiError::unavailable)?;
    let total = match is_counted(ctx) {
        true => waitlist::count(db, tenant, scope, &filter)
            .await
            .map_err(ApiError::unavailable)?,
        false => 0,
    };
    let page_info = page_info(&listed, binding);
    let (places, rows): (Vec<_>, Vec<_>) = listed
        .rows
        .into_iter()
        .map(|(place, stored)| (place, stored.row))
        .unzip();
    let nodes = WaitlistEntry::together(rows, viewer);
    let edges = places.iter().zip(nodes).map(|(place, node)| WaitlistEntryEdge {
        cursor: cursor(binding, place),
        node,
    });
    Ok(WaitlistEntryConnection {
        edges: edges.collect(),
        page_info,
        total_count: int(total),
    })
}
