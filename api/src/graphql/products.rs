//! Products that are answered together: the first question about one of them is put for all of them, by one statement
//! however many there are.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Result};
use domain::ids::InterviewTypeId;
use projections::interview_types::{self, InterviewTypes};
use tokio::sync::OnceCell;

use super::{
    as_of::{Past, then},
    interview_type::InterviewType,
    services::services,
    shelf::Shelf,
    viewer::Viewer,
};
use crate::error::ApiError;

/// The product with an id, now or as it was, if the organisation has it and had it then.
///
/// # Errors
/// When the table or the log cannot be read.
pub async fn load_product(
    ctx: &Context<'_>,
    viewer: &Viewer,
    id: InterviewTypeId,
    past: Option<Past>,
) -> Result<Option<InterviewType>> {
    Products::new([id], viewer, past).get(ctx, id).await
}

/// Products that are answered together to one viewer, now or as they were.
#[derive(Clone, Debug)]
pub struct Products(Arc<Named>);

#[derive(Debug)]
struct Named {
    ids: Vec<InterviewTypeId>,
    viewer: Viewer,
    past: Option<Past>,
    found: OnceCell<HashMap<InterviewTypeId, InterviewType>>,
}

impl Products {
    /// The products with these ids, each named any number of times.
    pub fn new(ids: impl IntoIterator<Item = InterviewTypeId>, viewer: &Viewer, past: Option<Past>) -> Self {
        let mut ids: Vec<_> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        Self(Arc::new(Named {
            ids,
            viewer: viewer.clone(),
            past,
            found: OnceCell::new(),
        }))
    }

    /// One of them, if the organisation has it, and had it then.
    ///
    /// # Errors
    /// When the tables or the log cannot be read.
    pub async fn get(&self, ctx: &Context<'_>, id: InterviewTypeId) -> Result<Option<InterviewType>> {
        let Named {
            ids,
            viewer,
            past,
            found,
        } = &*self.0;
        let load = async || {
            let now = interview_types::by_ids(services(ctx).db(), viewer.tenant, ids).await;
            let mut rows = Vec::with_capacity(ids.len());
            for now in now.map_err(ApiError::unavailable)?.into_iter().flatten() {
                let row = then::<InterviewTypes>(ctx, *past, now).await?;
                rows.extend(row.map(|stored| stored.row));
            }
            let shelf = Shelf::of(rows.iter().map(|row| &**row), viewer, *past);
            let products = rows.into_iter().map(|row| {
                let id = row.interview_type;
                (id, InterviewType::new(row, shelf.clone()))
            });
            Ok::<_, async_graphql::Error>(products.collect::<HashMap<_, _>>())
        };
        // On the heap, as it happens once: otherwise the future of every question has room for it.
        let found = found.get_or_try_init(|| Box::pin(load())).await?;
        Ok(found.get(&id).cloned())
    }
}
