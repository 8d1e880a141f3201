//! Aggregate `feedback`.

pub mod events;
