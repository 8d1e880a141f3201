//! What can happen to a price list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{events, ids::PriceListId, interview_type::events::Difficulty, money::Money, text::Line};

/// The price of one difficulty.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PriceItem {
    /// For which difficulty.
    pub difficulty: Difficulty,
    /// Minutes of interview that it pays for.
    pub minutes: u32,
    /// What the candidate pays.
    pub price: Money,
    /// What it costs the organisation.
    pub cost: Money,
}

/// A price with the list and version it was taken from, pinned in a booking.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Quote {
    /// The list.
    pub price_list: PriceListId,
    /// Its version.
    pub version: u32,
    /// What the candidate pays.
    pub price: Money,
    /// What it costs the organisation.
    pub cost: Money,
}

/// Prices for bookings from now on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PriceListPublished {
    /// Which list.
    pub price_list: PriceListId,
    /// Version of the list, from 1.
    pub version: u32,
    /// What the list is called.
    pub name: Line,
    /// One price for each difficulty offered.
    pub items: Vec<PriceItem>,
}

events! {
    /// What can happen to a price list.
    pub enum PriceListEvent in Category::PriceList {
        PriceListPublished = "price_list.published" v 1,
    }
}
