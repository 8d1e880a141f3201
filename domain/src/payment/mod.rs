//! Aggregate `payment`.

pub mod events;
