//! The log, its codec, the keys of personal data, and the executor that runs commands on top.

pub mod appender;
pub mod audit;
pub mod batch;
pub mod codec;
#[cfg(feature = "contract")]
pub mod contract;
pub mod cqrs_bridge;
pub mod data_folder;
pub mod executor;
pub mod hash;
pub mod heads;
mod hex;
pub mod history;
pub mod lines;
pub mod log;
pub mod memory;
pub mod merkle;
pub mod migrations;
pub mod open_error;
pub mod postgres;
mod rows;
pub mod snapshots;
pub mod sqlite;
mod states;
pub mod vault;
