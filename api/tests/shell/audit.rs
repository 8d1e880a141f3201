//! The audit suite of the npm package `graphql-http`, run by Node.js against a real server.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::support::{served, shell};

/// A copy of the audit's folder with its packages installed, outside the source tree.
fn installed() -> io::Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graphql_http");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("graphql_http");
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json", ".npmrc", "audit.mjs"] {
        fs::copy(source.join(file), folder.join(file))?;
    }
    let output = Command::new("npm")
        .args(["ci", "--ignore-scripts"])
        .current_dir(&folder)
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ));
    }
    Ok(folder)
}

fn audit(folder: &Path, url: &str) -> io::Result<Output> {
    Command::new("node")
        .arg("audit.mjs")
        .arg(url)
        .current_dir(folder)
        .output()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_61_audits_of_graphql_over_http_are_met() {
    let folder = match installed() {
        Ok(folder) => folder,
        Err(error) if std::env::var("GREENROOM_TEST_REQUIRE").as_deref() == Ok("all") => {
            panic!("the audit suite cannot be installed: {error}");
        }
        Err(error) => {
            eprintln!("skipped: the audit suite cannot be installed: {error}");
            return;
        }
    };
    let served = served(shell(|_| {}), |_| {}).await;
    let url = format!("http://{}/graphql", served.address);

    let output = tokio::task::spawn_blocking(move || audit(&folder, &url))
        .await
        .expect("ran")
        .expect("node runs");

    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("audits: 61 of 61"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
}
