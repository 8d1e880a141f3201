//! `greenroom audit`: shows that nothing in the log was changed, to ourselves and to others.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::PathBuf,
};

use anyhow::{Context, Result, bail};
use domain::envelope::Position;
use store::{
    audit::Verified,
    heads::{Head, HeadsFile, PublicKey, SignedHead, in_force},
    history::{self, History, examine, prove},
};

use super::{misused, progress::Bar, say};
use crate::{config::Config, proof};

/// What to do.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Holds the log against its hashes, receipts and signed heads, and names the first position that does not fit.
    ///
    /// A server may run meanwhile. Exit code 1 when something does not fit.
    Verify(Verify),
    /// Prints the public keys that this installation signed heads with.
    Key,
    /// Prints a proof that an event is in the log, or that the log only ever grew, for people without access to it.
    Prove(Prove),
    /// Checks a proof without any log.
    Check(Check),
}

#[derive(Clone, Debug, clap::Args)]
pub(super) struct Verify {
    /// An exported log instead of the configured one.
    #[arg(long, value_name = "EXPORT")]
    file: Option<PathBuf>,
    /// Files of signed heads; the configured one when absent.
    #[arg(long, value_name = "FILE")]
    heads: Vec<PathBuf>,
    /// Keys whose heads are believed, as `greenroom audit key` prints them; those beside the heads when absent.
    #[arg(long, value_name = "KEY")]
    public_key: Vec<PublicKey>,
}

#[derive(Clone, Debug, clap::Args)]
#[group(required = true)]
pub(super) struct Prove {
    /// Proves that the event at this position is in the log of the last signed head.
    position: Option<u64>,
    /// Proves that the log of the last signed head begins with the log of the head with this many events.
    #[arg(long, value_name = "EVENTS", conflicts_with = "position")]
    grown_from: Option<u64>,
}

#[derive(Clone, Debug, clap::Args)]
pub(super) struct Check {
    /// The proof; `-` reads standard input.
    proof: PathBuf,
    /// Keys whose heads are believed; those of this installation when absent.
    #[arg(long, value_name = "KEY")]
    public_key: Vec<PublicKey>,
}

/// Does it.
pub(super) async fn run(config: &Config, command: &Command) -> Result<()> {
    match command {
        Command::Verify(args) => verify(config, args).await,
        Command::Key => key(config),
        Command::Prove(args) => prove(config, args).await,
        Command::Check(args) => check(config, args),
    }
}

fn trusted(config: &Config, given: &[PublicKey]) -> Result<Vec<PublicKey>> {
    if given.is_empty() {
        proof::public_keys(config)
    } else {
        Ok(given.to_vec())
    }
}

fn heads(config: &Config, args: &Verify) -> Result<Vec<Head>> {
    let keys = trusted(config, &args.public_key)?;
    let mut files: Vec<_> = args.heads.iter().cloned().map(HeadsFile::at).collect();
    if let Some(absent) = files.iter().find(|file| !file.path().is_file()) {
        return Err(misused(format!("there is no file {}", absent.path().display())));
    }
    if files.is_empty() {
        files.push(proof::heads_file(config));
    }
    let mut heads = Vec::new();
    for file in files {
        heads.extend(file.trusted(&keys)?);
    }
    Ok(in_force(&heads))
}

async fn verify(config: &Config, args: &Verify) -> Result<()> {
    let heads = heads(config, args)?;
    let bar = Bar::new("verified");
    let verified = match &args.file {
        Some(path) => {
            let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
            examine::export(BufReader::new(file), &heads, &|done, total| bar.show(done, total))
        }
        None => {
            let history = open(config).await?;
            let verified = examine::database(&*history, &heads, &|done, total| bar.show(done, total)).await;
            history.close().await;
            verified
        }
    };
    drop(bar);
    tell(&verified?)
}

fn tell(verified: &Verified) -> Result<()> {
    say(format!(
        "{} events and {} receipts are as they were written",
        verified.events, verified.receipts
    ))?;
    match verified.vouched {
        Some(vouched) => say(format!(
            "{} signed heads fit and vouch for everything up to {vouched}",
            verified.heads
        )),
        None => say("no signed head was given: a log that was cut off or written anew would look the same"),
    }
}

pub(super) async fn open(config: &Config) -> Result<std::sync::Arc<dyn History>> {
    let opened = history::open(&proof::place(config)?).await;
    opened.context("the log cannot be opened: has a server ever run here?")
}

fn key(config: &Config) -> Result<()> {
    let keys = proof::public_keys(config)?;
    if keys.is_empty() {
        bail!("no head was ever signed here: keys appear when a server starts");
    }
    keys.iter().try_for_each(say)
}

async fn prove(config: &Config, args: &Prove) -> Result<()> {
    let heads = proof::heads_file(config).read()?;
    let last = heads.last().context("no head was ever signed here")?;
    let history = open(config).await?;
    let proof = match (args.position, args.grown_from) {
        (Some(position), _) => prove::inclusion(&*history, Position(position), last).await,
        (None, Some(size)) => {
            let of_size = |head: &&SignedHead| head.head.size == size;
            let from = heads.iter().rfind(of_size);
            let from = from.with_context(|| format!("no head was signed for {size} events"))?;
            prove::consistency(&*history, from, last).await
        }
        (None, None) => return Err(misused("say a position, or --grown-from")),
    };
    history.close().await;
    say(serde_json::to_string(&proof?)?)
}

fn check(config: &Config, args: &Check) -> Result<()> {
    let keys = trusted(config, &args.public_key)?;
    let text = if args.proof.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else {
        std::fs::read_to_string(&args.proof)
            .with_context(|| format!("{} cannot be read", args.proof.display()))?
    };
    match prove::check(text.trim(), &keys)? {
        prove::Shown::Inclusion { event, head } => say(format!(
            "the event {} at {}, recorded at {}, is in the log whose head was signed at {} with {} events",
            event.envelope.event_type,
            event.envelope.position,
            event.envelope.recorded_at.to_rfc3339(),
            head.at.to_rfc3339(),
            head.size
        )),
        prove::Shown::Consistency { from, to } => say(format!(
            "the log with {} events begins with the log that had {} events when its head was signed at {}",
            to.size,
            from.size,
            from.at.to_rfc3339()
        )),
    }
}
