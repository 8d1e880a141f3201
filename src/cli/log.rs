//! `greenroom log`: the whole log as lines of JSON, out and in.

use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use store::{
    heads::Head,
    history::{
        self,
        import::{self, Imported},
    },
};

use super::{audit, files::NewFile, progress::Bar, say};
use crate::{config::Config, proof, stores};

/// What to do.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Writes the log with its receipts: positions, ids, times, hashes and exact payloads, the same bytes from SQLite
    /// and PostgreSQL. A server may run meanwhile.
    Export {
        /// A new file; standard output when absent.
        file: Option<PathBuf>,
    },
    /// Fills an empty log from an export, all of it or nothing, and proves it on the way.
    Import {
        /// The export; `-` reads standard input.
        file: PathBuf,
    },
}

/// Does it.
pub(super) async fn run(config: &Config, command: &Command) -> Result<()> {
    match command {
        Command::Export { file: Some(file) } => {
            let end = write(config, file).await?;
            say(format!("{end} events are in {}", file.display()))
        }
        Command::Export { file: None } => {
            let history = audit::open(config).await?;
            let mut out = BufWriter::new(std::io::stdout());
            let exported = history::export::export(&*history, &mut out, &|_, _| {}).await;
            history.close().await;
            exported?;
            Ok(())
        }
        Command::Import { file } => {
            let imported = read(config, file, Vec::new()).await?;
            say(format!(
                "{} events and {} receipts are in; import the keys too, then start the server",
                imported.events, imported.receipts
            ))
        }
    }
}

/// Exports to a new file; says where the log ended.
pub(super) async fn write(config: &Config, path: &Path) -> Result<u64> {
    let history = audit::open(config).await?;
    let mut file = NewFile::create(path)?;
    let bar = Bar::new("exported");
    let exported = history::export::export(&*history, file.out(), &|done, total| bar.show(done, total)).await;
    history.close().await;
    let end = exported?.position.0;
    file.finish()?;
    Ok(end)
}

/// Imports; heads are those that the log has to fit as far as it goes.
pub(super) async fn read(config: &Config, path: &Path, heads: Vec<Head>) -> Result<Imported> {
    let _folder = match config.database_url {
        None => Some(stores::own(&config.data_dir)?),
        Some(_) => None,
    };
    let reader: Box<dyn BufRead + Send> = if path.as_os_str() == "-" {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Box::new(BufReader::with_capacity(1024 * 1024, file))
    };
    let target = import::open(&proof::place(config)?).await?;
    let bar = Bar::new("imported");
    let imported = import::import(target, reader, heads, &|done, total| bar.show(done, total)).await;
    imported.context("nothing was imported")
}
