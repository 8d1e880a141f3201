//! Aggregate `effect`.

pub mod events;
