//! What the domain needs of the outside world, in its own words. Adapters implement these; nothing here says who.

pub mod blob;
pub mod calendar_feed;
pub mod clock;
pub mod error;
pub mod llm;
pub mod mail;
pub mod payment;
pub mod video;
