//! Aggregate `price_list`.

pub mod events;
