//! Lists of products.

use std::sync::Arc;

use async_graphql::{Context, Result, SimpleObject};
use projections::{interview_types, list::Direction};

use super::{
    connection::{Cursor, PageInfo, Paging, binding, cursor, is_counted, page, page_info, slice},
    interview_type::InterviewType,
    services::services,
    user_error::int,
    viewer::Viewer,
};
use crate::error::ApiError;

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

/// A page of the products: all of them for those who run interviews, and what can be booked for everybody else.
///
/// # Errors
/// When the tables cannot be read, or the paging arguments are not acceptable.
pub async fn list_interview_types(
    ctx: &Context<'_>,
    viewer: &Viewer,
    paging: Paging,
) -> Result<InterviewTypeConnection> {
    let everything = viewer.is_staff();
    let binding = binding("interviewTypes", &everything);
    let page = page(paging.first, paging.after, paging.last, paging.before, binding)?;
    let filter = if everything {
        interview_types::Where::All(Vec::new())
    } else {
        interview_types::Where::Bookable(true)
    };
    let (db, tenant) = (services(ctx).db(), viewer.tenant);
    let listed = interview_types::list(db, tenant, &filter, Direction::Ascending, &slice(&page)?).await;
    let listed = listed.map_err(ApiError::unavailable)?;
    let total = match is_counted(ctx) {
        true => interview_types::count(db, tenant, &filter)
            .await
            .map_err(ApiError::unavailable)?,
        false => 0,
    };
    let page_info = page_info(&listed, binding);
    let edges = listed.rows.into_iter().map(|(place, stored)| InterviewTypeEdge {
        cursor: cursor(binding, &place),
        node: InterviewType::new(Arc::unwrap_or_clone(stored.row), viewer, None),
    });
    Ok(InterviewTypeConnection {
        edges: edges.collect(),
        page_info,
        total_count: int(total),
    })
}
