//! Aggregate `transcript`.

pub mod events;
