//! The log, its codec, the keys of personal data, and the executor that runs commands on top.

pub mod log;
