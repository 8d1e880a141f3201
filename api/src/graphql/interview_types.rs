//! Lists of products.

use async_graphql::{Context, Enum, InputObject, Result, SimpleObject};
use projections::{
    interview_types::{self, Where},
    list::Direction,
};

use super::{
    connection::{Cursor, PageInfo, Paging, binding, cursor, is_counted, page, page_info, slice},
    filters::{
        DifficultyFilter, InterviewKindFilter, ModeFilter, OrderDirection, PurposeFilter, TextFilter, within,
    },
    interview_type::InterviewType,
    services::services,
    shelf::Shelf,
    user_error::int,
    viewer::Viewer,
};
use crate::error::ApiError;

/// What products can be filtered by; all that is given must hold.
#[derive(InputObject, Debug, Default)]
pub struct InterviewTypeWhere {
    /// What it is called.
    title: Option<TextFilter>,
    /// What it is about.
    kind: Option<InterviewKindFilter>,
    /// Who meets the candidate.
    mode: Option<ModeFilter>,
    /// What it is for.
    purpose: Option<PurposeFilter>,
    /// How hard it is.
    difficulty: Option<DifficultyFilter>,
    /// Whether it can be booked; those who do not run interviews see only what can.
    bookable: Option<bool>,
    /// All of these hold.
    and: Option<Vec<InterviewTypeWhere>>,
    /// At least one of these holds.
    or: Option<Vec<InterviewTypeWhere>>,
    /// This does not hold.
    not: Option<Box<InterviewTypeWhere>>,
}

/// What products can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum InterviewTypeOrderField {
    /// When it was first defined.
    Defined,
}

/// An order of products; ties are broken by id.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct InterviewTypeOrder {
    /// By what.
    field: InterviewTypeOrderField,
    /// Which way.
    direction: OrderDirection,
}

/// A filter as a statement over the table.
fn condition(filter: &InterviewTypeWhere) -> Where {
    let mut all = Vec::new();
    if let Some(title) = &filter.title {
        all.push(title.condition(Where::Title, Where::TitleContains));
    }
    if let Some(kind) = &filter.kind {
        all.push(kind.condition(|some| Where::Kind(some.into_iter().map(Into::into).collect())));
    }
    if let Some(mode) = &filter.mode {
        all.push(mode.condition(|some| Where::Mode(some.into_iter().map(Into::into).collect())));
    }
    if let Some(purpose) = &filter.purpose {
        all.push(purpose.condition(|some| Where::Purpose(some.into_iter().map(Into::into).collect())));
    }
    if let Some(difficulty) = &filter.difficulty {
        all.push(difficulty.condition(|some| Where::Difficulty(some.into_iter().map(Into::into).collect())));
    }
    all.extend(filter.bookable.map(Where::Bookable));
    all.extend(within(
        filter.and.as_ref(),
        filter.or.as_ref(),
        filter.not.as_deref(),
        condition,
    ));
    Where::All(all)
}

/// The direction that an order comes to: there is one field, and what it was ordered by first says all.
fn direction(order: &[InterviewTypeOrder]) -> Direction {
    match order.first() {
        Some(InterviewTypeOrder {
            field: InterviewTypeOrderField::Defined,
            direction,
        }) => (*direction).into(),
        None => Direction::Ascending,
    }
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
    /// The products in order.
    edges: Vec<InterviewTypeEdge>,
    /// Where the page lies.
    page_info: PageInfo,
    /// How many there are in all.
    total_count: i32,
}

/// A page of the products: all of them for those who run interviews, and what can be booked for everybody else.
///
/// # Errors
/// When the tables cannot be read, or the paging arguments are not acceptable.
pub async fn list_interview_types(
    ctx: &Context<'_>,
    viewer: &Viewer,
    filter: Option<InterviewTypeWhere>,
    order: &[InterviewTypeOrder],
    paging: Paging,
) -> Result<InterviewTypeConnection> {
    let everything = viewer.is_staff();
    let binding = binding("interviewTypes", &(everything, &filter, order));
    let page = page(paging.first, paging.after, paging.last, paging.before, binding)?;
    let asked = filter.as_ref().map(condition);
    let offered = (!everything).then_some(Where::Bookable(true));
    let filter = Where::All(asked.into_iter().chain(offered).collect());
    let (db, tenant) = (services(ctx).db(), viewer.tenant);
    let listed = interview_types::list(db, tenant, &filter, direction(order), &slice(&page)?).await;
    let listed = listed.map_err(ApiError::unavailable)?;
    let total = match is_counted(ctx) {
        true => interview_types::count(db, tenant, &filter)
            .await
            .map_err(ApiError::unavailable)?,
        false => 0,
    };
    let page_info = page_info(&listed, binding);
    let shelf = Shelf::of(listed.rows.iter().map(|(_, stored)| &*stored.row), viewer, None);
    let edges = listed.rows.into_iter().map(|(place, stored)| InterviewTypeEdge {
        cursor: cursor(binding, &place),
        node: InterviewType::new(stored.row, shelf.clone()),
    });
    Ok(InterviewTypeConnection {
        edges: edges.collect(),
        page_info,
        total_count: int(total),
    })
}
