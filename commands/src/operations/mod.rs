//! What people do who look after the machinery.

pub mod retry_effect;
