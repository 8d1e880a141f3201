//! Aggregate `interview`.

pub mod events;
