//! A test that lacks something says so: aloud on standard error, in a file that the test command counts, or as a
//! failure where everything is mandatory.

use std::{env, fs::OpenOptions, io::Write};

/// Says that a test lacks `what`. Fails it when `GREENROOM_TEST_REQUIRE=all`.
pub(crate) fn skip(what: &str) {
    assert!(
        env::var("GREENROOM_TEST_REQUIRE").as_deref() != Ok("all"),
        "required but missing: {what}"
    );
    eprintln!("skipped: {what}");
    if let Ok(path) = env::var("GREENROOM_TEST_SKIPS") {
        let file = OpenOptions::new().append(true).create(true).open(path);
        if let Ok(mut file) = file {
            let _ = writeln!(file, "skipped: {what}");
        }
    }
}
