//! Aggregate `interview_type`.

pub mod events;
