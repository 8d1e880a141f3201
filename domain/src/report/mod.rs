//! Aggregate `report`.

pub mod events;
