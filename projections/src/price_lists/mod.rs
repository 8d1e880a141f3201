//! Price lists with all their versions: a booking pins one.

use domain::{
    envelope::Envelope,
    ids::{OrganisationId, PriceListId},
    price_list::events::{PriceItem, PriceListEvent},
    text::Line,
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    list::{self, Condition},
    model::{Column, Index, Key, ReadModel, Stored},
    sql::{Db, DbError, Value},
};

/// The read model.
#[derive(Debug)]
pub enum PriceLists {}

/// One price list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PriceList {
    /// Which.
    pub price_list: PriceListId,
    /// Its versions, oldest first; never empty.
    pub versions: Vec<PriceListVersion>,
}

/// One version of a price list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PriceListVersion {
    /// Which, from 1.
    pub version: u32,
    /// What the list is called.
    pub name: Line,
    /// One price for each difficulty offered.
    pub items: Vec<PriceItem>,
    /// Since when it holds.
    pub published_at: Instant,
}

hears! {
    /// What it is told by.
    pub enum Heard { PriceList(PriceListEvent) }
}

impl ReadModel for PriceLists {
    const NAME: &'static str = "price_lists";
    const COLUMNS: &'static [Column] = &[];
    const INDEXES: &'static [Index] = &[];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = PriceList;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::PriceList(PriceListEvent::PriceListPublished(event)) = event;
        vec![Key::of(event.price_list)]
    }

    fn apply(_: Key, row: Option<PriceList>, event: &Heard, envelope: &Envelope) -> Option<PriceList> {
        let Heard::PriceList(PriceListEvent::PriceListPublished(event)) = event;
        let mut versions = row.map(|row| row.versions).unwrap_or_default();
        versions.push(PriceListVersion {
            version: event.version,
            name: event.name.clone(),
            items: event.items.clone(),
            published_at: envelope.occurred_at,
        });
        Some(PriceList {
            price_list: event.price_list,
            versions,
        })
    }

    fn columns(_: &PriceList) -> Vec<Value> {
        Vec::new()
    }
}

/// Several price lists in the order asked, by one statement.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_ids(
    db: &Db,
    tenant: OrganisationId,
    price_lists: &[PriceListId],
) -> Result<Vec<Option<Stored<PriceList>>>, DbError> {
    let keys: Vec<Key> = price_lists.iter().copied().map(Key::of).collect();
    list::by_keys::<PriceLists>(db, tenant, &keys).await
}

/// Every price list of the organisation.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn all(db: &Db, tenant: OrganisationId) -> Result<Vec<Stored<PriceList>>, DbError> {
    list::all::<PriceLists>(db, tenant, &Condition::All(Vec::new())).await
}
