//! Use cases: one file each. A use case gathers facts, loads aggregates, lets them decide and leaves one atomic append
//! behind; the executor runs it again from the start when somebody else was faster.
//!
//! Nothing here knows how a command arrived or what is shown afterwards. Which roles may use an operation at all was
//! asked before; whether this account may touch this object is asked here, and the answer for a stranger is the same
//! as for an object that does not exist.

pub mod accounts;
pub mod assessment;
pub mod booking;
pub mod catalogue;
pub mod effects;
pub mod operations;
pub mod payments;
pub mod privacy;
pub mod reports;
pub mod rooms;
pub mod waitlist;
