//! Lists of kits.

use async_graphql::{Context, Enum, InputObject, Result, SimpleObject};
use projections::{
    interview_kits::{self, Where},
    list::Direction,
};

use super::{
    catalogue::Kit,
    connection::{Cursor, PageInfo, Paging, binding, cursor, is_counted, page, page_info, slice},
    filters::{OrderDirection, TextFilter, within},
    policy::Operation,
    services::services,
    user_error::int,
    viewer::Viewer,
};
use crate::error::{ApiError, ErrorCode};

/// What kits can be filtered by, as their newest version says; all that is given must hold.
#[derive(InputObject, Debug, Default)]
pub struct KitWhere {
    /// What it is called.
    name: Option<TextFilter>,
    /// The industry that it is made for.
    industry: Option<TextFilter>,
    /// All of these hold.
    and: Option<Vec<KitWhere>>,
    /// At least one of these holds.
    or: Option<Vec<KitWhere>>,
    /// This does not hold.
    not: Option<Box<KitWhere>>,
}

/// What kits can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum KitOrderField {
    /// When its first version was published.
    Published,
}

/// An order of kits; ties are broken by id.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct KitOrder {
    /// By what.
    field: KitOrderField,
    /// Which way.
    direction: OrderDirection,
}

/// A filter as a statement over the table.
fn condition(filter: &KitWhere) -> Where {
    let mut all = Vec::new();
    if let Some(name) = &filter.name {
        all.push(name.condition(Where::Name, Where::NameContains));
    }
    if let Some(industry) = &filter.industry {
        all.push(industry.condition(Where::Industry, Where::IndustryContains));
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
fn direction(order: &[KitOrder]) -> Direction {
    match order.first() {
        Some(KitOrder {
            field: KitOrderField::Published,
            direction,
        }) => (*direction).into(),
        None => Direction::Ascending,
    }
}

/// One item in a page of kits.
#[derive(SimpleObject, Debug)]
pub struct KitEdge {
    /// Where it is in the list.
    cursor: Cursor,
    /// The kit, in its newest version.
    node: Kit,
}

/// A page of kits.
#[derive(SimpleObject, Debug)]
pub struct KitConnection {
    /// The kits in order.
    edges: Vec<KitEdge>,
    /// Where the page lies.
    page_info: PageInfo,
    /// How many there are in all.
    total_count: i32,
}

/// A page of the kits, each in its newest version.
///
/// # Errors
/// `FORBIDDEN` for candidates, whatever else they may be; when the tables cannot be read, or the paging arguments are
/// not acceptable.
pub async fn list_kits(
    ctx: &Context<'_>,
    viewer: &Viewer,
    filter: Option<KitWhere>,
    order: &[KitOrder],
    paging: Paging,
) -> Result<KitConnection> {
    if !viewer.reads_kits() {
        let closed = format!("{} is closed to candidates", Operation::Kits.name());
        return Err(ApiError::new(ErrorCode::Forbidden, closed).into());
    }
    let binding = binding("kits", &(&filter, order));
    let page = page(paging.first, paging.after, paging.last, paging.before, binding)?;
    let filter = filter.as_ref().map_or(Where::All(Vec::new()), condition);
    let (db, tenant) = (services(ctx).db(), viewer.tenant);
    let listed = interview_kits::list(db, tenant, &filter, direction(order), &slice(&page)?).await;
    let listed = listed.map_err(ApiError::unavailable)?;
    let total = match is_counted(ctx) {
        true => interview_kits::count(db, tenant, &filter)
            .await
            .map_err(ApiError::unavailable)?,
        false => 0,
    };
    let page_info = page_info(&listed, binding);
    let newest = listed.rows.iter().filter_map(|(place, stored)| {
        let version = stored.row.newest()?;
        Some((place, (stored.row.kit, version)))
    });
    let (places, versions): (Vec<_>, Vec<_>) = newest.unzip();
    let kits = Kit::told(ctx, viewer, &versions).await?;
    let edges = places.into_iter().zip(kits).map(|(place, node)| KitEdge {
        cursor: cursor(binding, place),
        node,
    });
    Ok(KitConnection {
        edges: edges.collect(),
        page_info,
        total_count: int(total),
    })
}
