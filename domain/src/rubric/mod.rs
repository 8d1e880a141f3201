//! Aggregate `rubric`.

pub mod events;
