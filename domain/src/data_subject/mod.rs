//! Aggregate `data_subject`.

pub mod events;
