//! Aggregate `decision`.

pub mod events;
