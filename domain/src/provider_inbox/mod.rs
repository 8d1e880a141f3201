//! Aggregate `provider_inbox`.

pub mod events;
