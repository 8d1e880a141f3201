//! The log, its codec, the keys of personal data, and the executor that runs commands on top.

mod batch;
pub mod codec;
pub mod cqrs_bridge;
pub mod data_folder;
pub mod executor;
pub mod hash;
pub mod log;
pub mod memory;
pub mod migrations;
pub mod vault;
