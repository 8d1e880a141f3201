//! `greenroom export-schemas`: the contract with clients, and with the past, as files.

use std::path::PathBuf;

use anyhow::Result;

use super::say;
use crate::schemas;

/// Where to.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Folder that the files are written into.
    #[arg(long, value_name = "FOLDER", default_value = "schemas")]
    dir: PathBuf,
}

/// Writes them.
pub(super) fn run(args: &Args) -> Result<()> {
    schemas::write(&args.dir)?;
    say(format!(
        "{} files are in {}",
        schemas::files()?.len(),
        args.dir.display()
    ))
}
