//! The outside world: one folder for each capability, one file for each provider.
//!
//! An adapter turns our request into the provider's, makes one call with a deadline and a bounded answer, reads the
//! reply strictly, and maps every failure to the three kinds of [`domain::ports::error::ProviderError`]. Nothing here
//! decides anything, retries anything or opens a database; nothing here logs a body, an address or a token. A word of
//! a provider appears in this crate, in configuration and in documentation, and nowhere else.

pub mod blob;
pub mod calendar_feeds;
pub mod clock;
mod durable;
mod http;
pub mod llm;
pub mod mail;
pub mod payment;
#[cfg(test)]
#[path = "../../tests/support/python.rs"]
mod python;
#[cfg(test)]
#[path = "../../tests/support/skip.rs"]
mod skip;
pub mod video;
