//! The back end on a node of KurrentDB: the stand-in, or a real one when `GREENROOM_TEST_KURRENT_URL` names it.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on stops, and a skipped one says so"
)]

mod contract;
mod faults;
mod official_client;
#[path = "../../../tests/support/python.rs"]
mod python;
#[path = "../../../tests/support/skip.rs"]
mod skip;
mod support;
