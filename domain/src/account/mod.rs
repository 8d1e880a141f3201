//! Aggregate `account`.

pub mod events;
