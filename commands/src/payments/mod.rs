//! What payment providers tell.

pub mod receive_provider_event;
