//! What people do who look after the machinery.

pub mod record_restore;
pub mod retry_effect;
pub mod skip_event;
