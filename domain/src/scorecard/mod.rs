//! Aggregate `scorecard`.

pub mod events;
