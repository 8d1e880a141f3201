//! What the files of an event version are called, in the folder `schemas/`.

use std::path::{Path, PathBuf};

/// Where the schema or the sample of an event version is.
pub fn event_path(name: &str, version: u16, what: &str) -> PathBuf {
    Path::new("events").join(format!("{name}.v{version}.{what}.json"))
}

/// Name of an event version's schema, the same wherever the file is.
pub fn event_id(name: &str, version: u16) -> String {
    format!("urn:greenroom:event:{name}:{version}")
}
