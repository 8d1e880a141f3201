//! The log in a KurrentDB (EventStoreDB) cluster, with an index of it and receipts in PostgreSQL.
//!
//! - [`log`] is the back end: appends, reads, and what it promises.
//! - `cluster` speaks to the cluster and keeps the traps of its client to itself.
//! - `wire` is the form of events in the cluster.
//! - `index` follows the cluster and says which event stands where.
//! - `receipts` keeps what is under way and what was done.
//!
//! Nothing here depends on the number of nodes, holds a lock over the whole log while it appends, or asks the cluster
//! for an append without an exact revision.

mod cluster;
mod index;
pub mod log;
mod receipts;
mod wire;
