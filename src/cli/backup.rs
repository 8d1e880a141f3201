//! `greenroom backup` and `greenroom restore`: the log and the blobs, never the keys.

use std::{
    fs::{self, DirBuilder, File},
    io::{BufReader, Read},
    os::unix::fs::DirBuilderExt,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use commands::operations::record_restore::record_restore;
use domain::{ports::clock::Clock, time::Instant};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{codec::Codec, executor::Executor, heads::Head, history::examine};

use super::{audit, files::NewFile, log, progress::Bar, say, serve::moment};
use crate::{
    config::{Blob, Config},
    proof,
    stores::{self, Purpose, Stores},
};

/// The format of the list of contents.
const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
const LOG: &str = "log.jsonl";
const BLOBS: &str = "blobs";

/// Where to.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Backup {
    /// A new folder.
    folder: PathBuf,
}

/// Where from.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Restore {
    /// A backup.
    folder: PathBuf,
    /// Goes on although there are no keys: everything personal stays unreadable for good.
    #[arg(long)]
    without_keys: bool,
    /// When it is restored, where time is simulated; now when absent, and never before what was signed last.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    at: Option<Instant>,
}

/// What is in a backup; written last, so that a backup that has it is whole.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    version: String,
    events: u64,
    files: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: PathBuf,
    bytes: u64,
    sha256: String,
}

/// Writes a backup and reads it back. A server may run meanwhile.
pub(super) async fn backup(config: &Config, args: &Backup) -> Result<()> {
    let folder = &args.folder;
    DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("{} cannot be made as a new folder", folder.display()))?;
    // Blobs first: an event that is in the log then never lacks one that was deleted only after it was read.
    let blobs = match &config.blob {
        Blob::Local => copy_tree(&config.in_data_dir(BLOBS), &folder.join(BLOBS))?,
        Blob::S3 { .. } => 0,
    };
    let events = log::write(config, &folder.join(LOG)).await?;
    let blobs = blobs
        + match &config.blob {
            Blob::Local => copy_tree(&config.in_data_dir(BLOBS), &folder.join(BLOBS))?,
            Blob::S3 { .. } => 0,
        };
    let bar = Bar::new("checked");
    let file = BufReader::with_capacity(1024 * 1024, File::open(folder.join(LOG))?);
    let known = proof::heads(config)?
        .into_iter()
        .filter(|head| head.size <= events);
    let known: Vec<_> = known.collect();
    let verified = examine::export(file, &known, &|done, total| bar.show(done, total))
        .context("what was written is not a whole log")?;
    drop(bar);
    let mut files = Vec::new();
    list(folder, Path::new(""), &mut files)?;
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        events,
        files,
    };
    let mut out = NewFile::create(&folder.join(MANIFEST))?;
    serde_json::to_writer_pretty(out.out(), &manifest)?;
    out.finish()?;
    say(format!(
        "{events} events, {} receipts and {blobs} blobs are in {}; signed heads vouch for everything up to {}. Keys are not: \
         `greenroom keys export` writes them to another place",
        verified.receipts,
        folder.display(),
        verified.vouched.map_or(0, |vouched| vouched.0)
    ))?;
    if matches!(config.blob, Blob::S3 { .. }) {
        say("blobs are in a bucket, which has to keep its own backup")?;
    }
    Ok(())
}

/// Copies files that are not there yet, durably; says how many. None when there is no such folder.
fn copy_tree(from: &Path, to: &Path) -> Result<u64> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries.with_context(|| format!("{} cannot be read", from.display()))?,
    };
    DirBuilder::new().recursive(true).mode(0o700).create(to)?;
    let mut copied = 0;
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copied += copy_tree(&entry.path(), &target)?;
        } else if !target.exists() {
            match fs::copy(entry.path(), &target) {
                Ok(_) => {
                    File::open(&target)?.sync_all()?;
                    copied += 1;
                }
                // It was erased a moment ago.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).context("a blob cannot be copied"),
            }
        }
    }
    File::open(to)?.sync_all()?;
    Ok(copied)
}

/// Every file below a folder, with what it holds.
fn list(folder: &Path, below: &Path, files: &mut Vec<Entry>) -> Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder.join(below))?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            list(folder, &path, files)?;
        } else {
            let (bytes, sha256) = fingerprint(&folder.join(&path))?;
            files.push(Entry { path, bytes, sha256 });
        }
    }
    Ok(())
}

fn fingerprint(path: &Path) -> Result<(u64, String)> {
    let mut file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let (mut sha, mut buffer, mut bytes) = (Sha256::new(), vec![0; 64 * 1024], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        sha.update(&buffer[..read]);
        bytes += read as u64;
    }
    let digest = sha.finalize();
    Ok((bytes, digest.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Reads the list of contents, and holds every file against it.
fn check(folder: &Path) -> Result<Manifest> {
    let text = fs::read_to_string(folder.join(MANIFEST))
        .with_context(|| format!("{} is not a whole backup: it has no {MANIFEST}", folder.display()))?;
    let manifest: Manifest =
        serde_json::from_str(&text).context("the backup's list of contents cannot be read")?;
    ensure!(
        manifest.format == FORMAT,
        "the backup is of another format: version {} wrote it",
        manifest.version
    );
    for entry in &manifest.files {
        let is_inside = entry
            .path
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        ensure!(
            is_inside,
            "the backup's list of contents names a file outside of it"
        );
        let (bytes, sha256) = fingerprint(&folder.join(&entry.path))?;
        ensure!(
            bytes == entry.bytes && sha256 == entry.sha256,
            "{} is not what was backed up: take another backup",
            entry.path.display()
        );
    }
    Ok(manifest)
}

/// Brings a backup back into an empty place.
pub(super) async fn restore(config: &Config, args: &Restore, clock: &dyn Clock) -> Result<()> {
    let folder = &args.folder;
    let manifest = check(folder)?;
    fs::create_dir_all(&config.data_dir).context("the data folder cannot be made")?;
    let (keys, ledgers) = stores::keys(config).await?;
    let secrets = keys.secrets().await.map_err(anyhow::Error::from_boxed)?;
    if secrets.is_empty() && !args.without_keys {
        bail!(
            "there are no keys here: bring them back first with `greenroom keys import`, or say --without-keys and lose \
             everything personal"
        );
    }
    // Whoever was erased after the backup stays erased, before anything that was theirs is back.
    let vault = stores::unlock(config, keys, ledgers).await?;
    let heads = proof::heads(config)?;
    let lost = heads
        .last()
        .map_or(0, |head| head.size)
        .saturating_sub(manifest.events);
    let imported = log::read(config, &folder.join(LOG), heads.clone()).await?;
    if matches!(config.blob, Blob::Local) {
        copy_tree(&folder.join(BLOBS), &config.in_data_dir(BLOBS))?;
    }
    let at = restored_at(args.at.unwrap_or_else(|| clock.now()), &heads);
    let history = audit::open(config).await?;
    let mut signer = proof::signer(config, &vault, history.clone()).await?;
    // Before anything is added: from here on the log goes on by itself.
    signer.sign_restored(at).await?;
    history.close().await;
    drop(vault);
    record(config, at).await?;
    say(format!(
        "{} events are back, and fit every signed head",
        imported.events
    ))?;
    if lost > 0 {
        say(format!(
            "{lost} events or more were signed after the backup and are lost; the heads say so from now on"
        ))?;
    }
    Ok(())
}

/// No earlier than anything that may have been done.
fn restored_at(now: Instant, heads: &[Head]) -> Instant {
    heads.iter().map(|head| head.at).fold(now, Instant::max)
}

/// Tells the log: what was due by then and has no outcome may have been done.
async fn record(config: &Config, at: Instant) -> Result<()> {
    let stores = Stores::open(config, Purpose::Tool).await?;
    let at = at.max(stores.last_recorded_at().await?);
    let executor = Executor::new(stores.log.clone(), stores.vault.clone(), Codec::current());
    let recorded = record_restore(&executor, at).await;
    stores.close().await;
    recorded.context("the restore could not be recorded: empty this place and restore again")?;
    Ok(())
}
