//! Aggregate `notification`.

pub mod events;
