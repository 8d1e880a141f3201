//! What the log wants done outside, and who does it.
//!
//! `dispatcher` follows the log and keeps effect rows; `runner` claims those that are due and hands them to `deeds`,
//! one file each; `effects` is the handle that starts both. Everything in the database is found again by replaying the
//! log: after a rebuild what was open is open, what was done is done, and nothing was sent meanwhile.
//!
//! Invariants: an outcome is recorded under the effect's id as command id, so there is one outcome; whoever lost a
//! lease can no longer write the row; business time decides when a deed is due, the database's time decides leases and
//! pauses. Nothing here decides a business rule: that is `domain::processes` before, and a use case of `commands`
//! after.

pub mod backoff;
pub mod db;
pub mod deeds;
pub mod dispatcher;
pub mod effects;
pub mod feeds;
pub mod mail;
pub mod owner;
pub mod runner;

#[cfg(test)]
mod tests;
