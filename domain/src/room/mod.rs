//! Aggregate `room`.

pub mod events;
