//! What tests of several adapters share.

use std::{env, fs::OpenOptions, io::Write};

/// Says that a test lacks `what`; fails where everything is mandatory, and is counted by the test command.
pub(crate) fn skip(what: &str) {
    assert!(
        env::var("GREENROOM_TEST_REQUIRE").as_deref() != Ok("all"),
        "required but missing: {what}"
    );
    eprintln!("skipped: {what}");
    if let Ok(path) = env::var("GREENROOM_TEST_SKIPS") {
        let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
        writeln!(file, "skipped: {what}").unwrap();
    }
}
