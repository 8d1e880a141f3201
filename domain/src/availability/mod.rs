//! Aggregate `availability`.

pub mod events;
