//! Tests of the whole: journeys through the public API, architecture, schemas, dependencies.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on stops, and a skipped one says so"
)]

mod architecture;
mod broken_rebuilds;
mod command_line;
mod crash;
mod dependencies;
mod journey;
mod proof;
mod rebuild;
mod schemas;
mod shutdown;
mod snapshots;
mod support;
mod two_nodes;
