//! The demonstration: one interview from booking to report and replay, through HTTP as clients would drive it.

pub mod client;
pub mod journey;
pub mod operations;
pub mod story;
