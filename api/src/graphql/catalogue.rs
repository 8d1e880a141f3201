//! Price lists and rubrics.

use async_graphql::{Context, ID, Result, SimpleObject};
use domain::ids::{PriceListId, RubricId};
use projections::{price_lists, rubrics};

use super::{
    enums::Difficulty, scalars::Money, scorecard::Criterion, services::services, user_error::int,
    viewer::Viewer,
};
use crate::error::ApiError;

/// The price of one difficulty.
#[derive(SimpleObject, Clone, Debug)]
pub struct PriceItem {
    /// For which difficulty.
    difficulty: Difficulty,
    /// Minutes of interview that it pays for.
    minutes: i32,
    /// What the candidate pays.
    price: Money,
    /// What it costs the organisation.
    cost: Money,
}

/// A list of prices, in its newest version; only for those who run interviews.
#[derive(SimpleObject, Clone, Debug)]
pub struct PriceList {
    /// The list's id.
    id: ID,
    /// Its version, from 1.
    version: i32,
    /// What it is called.
    name: String,
    /// One price for each difficulty offered.
    items: Vec<PriceItem>,
}

impl PriceList {
    /// The list with an id, in its newest version.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn load(ctx: &Context<'_>, viewer: &Viewer, id: PriceListId) -> Result<Option<Self>> {
        let found = price_lists::by_ids(services(ctx).db(), viewer.tenant, &[id]).await;
        let row = found.map_err(ApiError::unavailable)?.into_iter().flatten().next();
        Ok(row.and_then(|stored| {
            let version = stored.row.versions.last()?;
            let item = |item: &domain::price_list::events::PriceItem| PriceItem {
                difficulty: item.difficulty.into(),
                minutes: int(item.minutes),
                price: item.price.into(),
                cost: item.cost.into(),
            };
            Some(Self {
                id: id.to_string().into(),
                version: int(version.version),
                name: version.name.to_string(),
                items: version.items.iter().map(item).collect(),
            })
        }))
    }
}

/// Rating criteria, in their newest version.
#[derive(SimpleObject, Clone, Debug)]
pub struct Rubric {
    /// The rubric's id.
    id: ID,
    /// Its version, from 1.
    version: i32,
    /// What it is called.
    name: String,
    /// What is rated.
    criteria: Vec<Criterion>,
}

impl Rubric {
    /// The rubric with an id, in its newest version.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn load(ctx: &Context<'_>, viewer: &Viewer, id: RubricId) -> Result<Option<Self>> {
        let found = rubrics::by_ids(services(ctx).db(), viewer.tenant, &[id]).await;
        let row = found.map_err(ApiError::unavailable)?.into_iter().flatten().next();
        Ok(row.and_then(|stored| {
            let version = stored.row.versions.last()?;
            Some(Self {
                id: id.to_string().into(),
                version: int(version.version),
                name: version.name.to_string(),
                criteria: version.criteria.iter().map(Criterion::from).collect(),
            })
        }))
    }
}
