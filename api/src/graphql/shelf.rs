//! What belongs to products that are answered together: the first question about the people, the price or the kit of one of
//! them is put for all of them, by one statement however many there are.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Result};
use domain::{
    ids::{AccountId, InterviewKitId, PriceListId},
    interview_type::events::TypeSpec,
};
use projections::{
    interview_types::InterviewType as Row,
    price_lists::{self, PriceList, PriceLists},
};
use tokio::sync::OnceCell;

use super::{
    as_of::{Past, then},
    catalogue::Kit,
    person::People,
    services::services,
    viewer::Viewer,
};
use crate::error::ApiError;

/// What belongs to products that are answered together: people, prices and kits.
#[derive(Clone, Debug)]
pub struct Shelf(Arc<Belongings>);

#[derive(Debug)]
struct Belongings {
    viewer: Viewer,
    past: Option<Past>,
    people: People,
    price_lists: Vec<PriceListId>,
    kits: Vec<InterviewKitId>,
    prices: OnceCell<HashMap<PriceListId, Arc<PriceList>>>,
    plans: OnceCell<HashMap<InterviewKitId, Kit>>,
}

impl Shelf {
    /// What belongs to these products.
    pub fn of<'r>(rows: impl IntoIterator<Item = &'r Row>, viewer: &Viewer, past: Option<Past>) -> Self {
        let (mut people, mut price_lists, mut kits) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            people.extend(everybody(&row.spec));
            price_lists.extend(row.spec.price_list);
            kits.extend(row.spec.kit);
        }
        price_lists.sort_unstable();
        price_lists.dedup();
        kits.sort_unstable();
        kits.dedup();
        Self(Arc::new(Belongings {
            viewer: viewer.clone(),
            past,
            people: People::new(people, past),
            price_lists,
            kits,
            prices: OnceCell::new(),
            plans: OnceCell::new(),
        }))
    }

    /// Whoever asks.
    pub fn viewer(&self) -> &Viewer {
        &self.0.viewer
    }

    /// Everybody whom one of the products names.
    pub fn people(&self) -> &People {
        &self.0.people
    }

    /// One of the price lists, if it was published then.
    ///
    /// # Errors
    /// When the tables or the log cannot be read.
    pub async fn price_list(&self, ctx: &Context<'_>, wanted: PriceListId) -> Result<Option<&PriceList>> {
        let Belongings {
            viewer,
            past,
            price_lists,
            prices,
            ..
        } = &*self.0;
        let load = async || {
            let now = price_lists::by_ids(services(ctx).db(), viewer.tenant, price_lists).await;
            let mut lists = HashMap::with_capacity(price_lists.len());
            for now in now.map_err(ApiError::unavailable)?.into_iter().flatten() {
                if let Some(stored) = then::<PriceLists>(ctx, *past, now).await? {
                    lists.insert(stored.row.price_list, stored.row);
                }
            }
            Ok::<_, async_graphql::Error>(lists)
        };
        let lists = prices.get_or_try_init(|| Box::pin(load())).await?;
        Ok(lists.get(&wanted).map(|list| &**list))
    }

    /// The newest version of one of the kits, if it was published then.
    ///
    /// # Errors
    /// When the tables or the log cannot be read.
    pub async fn kit(&self, ctx: &Context<'_>, wanted: InterviewKitId) -> Result<Option<Kit>> {
        let Belongings {
            viewer,
            past,
            kits,
            plans,
            ..
        } = &*self.0;
        let load = || Kit::newest(ctx, viewer, kits, *past);
        let plans = plans.get_or_try_init(|| Box::pin(load())).await?;
        Ok(plans.get(&wanted).cloned())
    }
}

/// Everybody whom a product names.
fn everybody(spec: &TypeSpec) -> impl Iterator<Item = AccountId> {
    let panel = &spec.panel;
    let parts = panel.roles.iter().flat_map(|part| part.pool.iter().copied());
    let preferred = panel.preferences.iter().map(|known| known.account);
    panel.pool.iter().copied().chain(parts).chain(preferred)
}
