//! Which slots are asked for, and which can be booked.

use async_graphql::{ID, InputObject, SimpleObject};

use super::{
    interview::Slot,
    scalars::{DateTime, TimeZone},
};

/// Which slots are asked for.
#[derive(InputObject, Debug)]
pub struct SlotsInput {
    /// The product.
    pub type_id: ID,
    /// First moment at which a slot may start.
    pub from: DateTime,
    /// First moment at which it may not; at most 62 days after `from`.
    pub to: DateTime,
    /// The zone that local starts are told in.
    pub time_zone: TimeZone,
}

/// Exactly the slots that can be booked now.
#[derive(SimpleObject, Debug)]
pub struct SlotsResult {
    /// In order of time.
    pub slots: Vec<Slot>,
}
