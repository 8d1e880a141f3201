//! Snapshots: where they are kept, that a fold goes on from one as if from the first event, and that nobody notices
//! when they are absent, spoilt or slow.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests, and a skipped test says so"
)]

mod folds;
mod loading;
mod node;
mod places;
#[path = "../support/mod.rs"]
mod support;
