//! `greenroom keys`: the wrapped keys of people, in files of their own, and the master key that wraps them.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use store::vault::{archive, master_key, master_key::MasterKey, memory::MemoryKeys, rotation::rotate_own};

use super::{files::NewFile, misused, say};
use crate::{config::Config, stores};

/// What to do.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Writes all wrapped keys; keep them apart from every backup of the log, and apart from the master key.
    Export {
        /// A new file.
        file: PathBuf,
    },
    /// Takes exported keys in where there are none; the master key that wrapped them must be there already.
    Import {
        /// The exported keys.
        file: PathBuf,
    },
    /// Wraps all keys with a new master key, and forgets the old one. Exported keys from before need the old one.
    Rotate {
        /// File with the new master key, base64 of 32 bytes; only where `master_key` is configured.
        #[arg(long, value_name = "FILE")]
        new_key_file: Option<PathBuf>,
    },
}

/// Does it.
pub(super) async fn run(config: &Config, command: &Command) -> Result<()> {
    match command {
        Command::Export { file } => export(config, file).await,
        Command::Import { file } => import(config, file).await,
        Command::Rotate { new_key_file } => rotate(config, new_key_file.as_deref()).await,
    }
}

/// A server may run meanwhile: wrapped keys are read as they are.
async fn export(config: &Config, path: &Path) -> Result<()> {
    let (keys, _) = stores::keys(config).await?;
    let mut file = NewFile::create(path)?;
    let count = archive::export(&*keys, file.out()).await?;
    file.finish()?;
    say(format!(
        "{} keys and tombstones, and {} secrets, are in {}, wrapped by the master key, which is not",
        count.keys,
        count.secrets,
        path.display()
    ))
}

async fn import(config: &Config, path: &Path) -> Result<()> {
    let _folder = match config.database_url {
        None => Some(stores::own(&config.data_dir)?),
        Some(_) => None,
    };
    ensure!(
        config.master_key.is_some() || config.in_data_dir(master_key::FILE).exists(),
        "there is no master key: set master_key, or put the master.key that wrapped these keys into {}",
        config.data_dir.display()
    );
    let open = || File::open(path).with_context(|| format!("{} cannot be read", path.display()));
    // First where it does no harm: the master key has to fit.
    let tried = Arc::new(MemoryKeys::default());
    archive::import(&*tried, BufReader::new(open()?)).await?;
    stores::unlock(config, tried, Vec::new()).await?;
    let (keys, ledgers) = stores::keys(config).await?;
    let count = archive::import(&*keys, BufReader::new(open()?)).await?;
    stores::unlock(config, keys, ledgers).await?;
    say(format!(
        "{} keys and tombstones are in; whoever was erased since they were exported stays erased",
        count.keys
    ))
}

async fn rotate(config: &Config, new_key_file: Option<&Path>) -> Result<()> {
    let _folder = match config.database_url {
        None => Some(stores::own(&config.data_dir)?),
        Some(_) => None,
    };
    let (keys, ledgers) = stores::keys(config).await?;
    let vault = stores::unlock(config, keys, ledgers).await?;
    match (&config.master_key, new_key_file) {
        (None, None) => {
            let count = rotate_own(&vault, &config.data_dir).await?;
            say(format!(
                "{count} keys are wrapped by a new master.key; export the keys again, and keep a copy of the new file \
                 elsewhere"
            ))
        }
        (Some(_), Some(path)) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            let new = MasterKey::from_base64(&text).with_context(|| format!("{}", path.display()))?;
            let count = vault.rotate(new).await?;
            say(format!(
                "{count} keys are wrapped by the new master key: set it as master_key now, on every node, and start them \
                 again; then export the keys again"
            ))
        }
        (None, Some(_)) => Err(misused(
            "the data folder makes its own master key: leave --new-key-file out",
        )),
        (Some(_), None) => Err(misused(
            "master_key is configured: say with --new-key-file what it is to be",
        )),
    }
}
