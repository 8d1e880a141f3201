//! Aggregate `interviewer_calendar`.

pub mod events;
