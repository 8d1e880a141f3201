//! Proof of history and moving a log, on the back ends that keep their data.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests, and a skipped test says so"
)]

mod moving;
mod proving;
mod signing;
mod support;
mod tampering;
