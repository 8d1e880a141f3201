//! Aggregate `organisation`.

pub mod events;
