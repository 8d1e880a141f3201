//! Programs of other people, from the Python package registry, for a second opinion.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::skip::skip;

fn run(command: &mut Command) -> Option<Output> {
    command.output().ok().filter(|output| output.status.success())
}

/// The Python of an environment in `folder` that has `package`, such as `icalendar==7.3.0`; `None` after saying what is
/// missing.
pub(crate) fn python(folder: &Path, package: &str) -> Option<PathBuf> {
    let venv = folder.join("venv");
    if run(Command::new("python3").args(["-m", "venv"]).arg(&venv)).is_none() {
        skip("no Python that makes an environment");
        return None;
    }
    let python = venv.join("bin").join("python");
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        // A connection to the registry that stalls is given up and made anew.
        .args(["--timeout", "10", "--retries", "5"])
        .arg(package);
    if run(&mut install).is_none() {
        skip(&format!("no package registry with {package}"));
        return None;
    }
    Some(python)
}
