//! `greenroom doctor`: whether what was derived is what the log says, and whether the log is as it was written.

use std::{
    collections::BTreeMap, fs::DirBuilder, os::unix::fs::DirBuilderExt, path::PathBuf, time::Duration,
};

use anyhow::{Context, Result, bail};
use domain::{ids::EffectId, processes::deed::Deed, time::Instant};
use futures::TryStreamExt;
use projections::{
    doctor::{Difference, Examination},
    projections::{Which, examine, names},
};
use store::{
    codec::Codec,
    hash::{BEFORE_THE_FIRST, verify},
    history::examine::{self, ExamineError},
    log::{Filter, Query},
};
use workers::{db::Db, dispatcher::Dispatcher};

use super::{audit, misused, say};
use crate::{beside::Beside, config::Config, proof};

/// An effect as it is compared.
type Row = (EffectId, Deed, Instant, String);

/// How often the effects are compared again when a server went on meanwhile.
const TRIES: u32 = 5;
/// How long a server gets to follow the log meanwhile.
const PAUSE: Duration = Duration::from_millis(200);

/// The log and the effects, beside the names of read models.
const LOG: &str = "log";
const EFFECTS: &str = "effects";

/// What to examine.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Read models, `log` or `effects`; everything when absent.
    names: Vec<String>,
    /// Tells what this version would change in read models that another version made, and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    /// What is to be examined, in order.
    fn chosen(&self) -> Result<Vec<&'static str>> {
        let mut all = names();
        if !self.dry_run {
            all.insert(0, LOG);
            all.push(EFFECTS);
        }
        if let Some(unknown) = self.names.iter().find(|name| !all.contains(&name.as_str())) {
            return Err(misused(format!("{unknown} is none of {}", all.join(", "))));
        }
        all.retain(|name| self.names.is_empty() || self.names.iter().any(|chosen| chosen == name));
        Ok(all)
    }
}

/// Examines what was asked for, prints a line for each thing, and fails when anything is not as it should be.
pub(super) async fn run(config: &Config, args: &Args) -> Result<()> {
    let chosen = args.chosen()?;
    let beside = Beside::open(config).await?;
    let folder = Folder::make()?;
    let mut faults = 0;
    for name in chosen {
        faults += match name {
            LOG if config.log.url.is_none() => log(config).await?,
            LOG => cluster(&beside).await?,
            EFFECTS => effects(&beside, &folder).await?,
            name => read_model(&beside, &folder, name, args).await?,
        };
    }
    beside.close().await;
    if faults > 0 && !args.dry_run {
        bail!(
            "{faults} differences were found: rebuild what differs with `greenroom rebuild`; a broken log comes back from a backup"
        );
    }
    Ok(())
}

/// A folder for what is folded again, which is gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("greenroom-doctor-{}", std::process::id()));
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("{} cannot be made to examine in", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It is in a place for temporary things, and holds nothing that is not elsewhere.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn row(name: &str, finding: &str) -> Result<()> {
    say(format!("{name:<20}{finding}"))
}

/// Lets the whole log pass by, against its hashes, receipts and signed heads.
async fn log(config: &Config) -> Result<usize> {
    let history = audit::open(config).await?;
    let examined = examine::database(&*history, &proof::heads(config)?, &|_, _| {}).await;
    history.close().await;
    match examined {
        Ok(verified) => {
            row(
                "log",
                &format!("{} events, the chain of hashes is whole", verified.events),
            )?;
            Ok(0)
        }
        Err(ExamineError::Fault(fault)) => {
            row("log", &fault.to_string())?;
            Ok(1)
        }
        Err(error) => Err(error.into()),
    }
}

/// Lets a log in KurrentDB pass by: what the cluster holds, against the hashes of the index.
async fn cluster(beside: &Beside) -> Result<usize> {
    let (mut events, mut previous) = (0_u64, BEFORE_THE_FIRST);
    let mut log = beside.log.read(Query::forward(Filter::All));
    while let Some(event) = log.try_next().await? {
        previous = match verify(previous, [&event]) {
            Ok(hash) => hash,
            Err(broken) => {
                row("log", &broken.to_string())?;
                return Ok(1);
            }
        };
        events += 1;
    }
    row("log", &format!("{events} events, the chain of hashes is whole"))?;
    Ok(0)
}

async fn read_model(beside: &Beside, folder: &Folder, name: &'static str, args: &Args) -> Result<usize> {
    let (log, read) = (beside.log.clone(), beside.read.clone());
    let examined = examine(log, Codec::current(), read, &folder.0, Which::Named(name)).await?;
    let mut faults = 0;
    for examination in &examined {
        faults += tell(name, examination, args.dry_run)?;
    }
    Ok(faults)
}

fn tell(name: &str, examined: &Examination, dry_run: bool) -> Result<usize> {
    let Some(table) = &examined.table else {
        row(name, "has no table yet")?;
        return Ok(0);
    };
    let rows = examined.rows;
    let sentence = match (dry_run, examined.other_code, examined.is_whole()) {
        (true, false, true) => format!("{rows} rows, made by this version"),
        (true, true, true) => format!("{rows} rows, another version made them, this one changes none"),
        (true, _, false) => format!("{rows} rows, this version would change in {table}:"),
        (false, false, true) => format!("{rows} rows, as the log says"),
        (false, true, true) => format!("{rows} rows, made by another version, as the log says"),
        (false, _, false) => format!("{rows} rows, {table} is not as the log says:"),
    };
    row(name, &sentence)?;
    for difference in &examined.differences {
        say(format!("  {}", told(difference)))?;
    }
    if examined.more > 0 {
        say(format!("  and {} more rows", examined.more))?;
    }
    Ok(examined.differences.len() + usize::try_from(examined.more).unwrap_or(usize::MAX))
}

fn told(difference: &Difference) -> String {
    let key = match difference.key.other() {
        None => difference.subject.to_string(),
        Some(other) => format!("{} / {other}", difference.subject),
    };
    let events: Vec<_> = difference.events.iter().map(ToString::to_string).collect();
    let events = if events.is_empty() {
        "no events".to_owned()
    } else {
        format!("events {}", events.join(", "))
    };
    format!("row {key} {}; {events}", difference.finding)
}

/// Finds all effects again in a database of their own, as far as the live ones are, and compares their states.
async fn effects(beside: &Beside, folder: &Folder) -> Result<usize> {
    let fresh = Db::open_sqlite(&folder.0.join("effects.db")).await?;
    let dispatcher = Dispatcher::new(beside.log.clone(), Codec::current(), fresh.clone());
    for _ in 0..TRIES {
        let reached = dispatcher.catch_up().await?;
        let live = beside.effects.dump().await?;
        if beside.effects.checkpoint().await?.position != reached || beside.log.head().await? != reached {
            follow(beside).await?;
            continue;
        }
        let ours = fresh.dump().await?;
        let dead = live.iter().filter(|(.., state)| state == "dead").count();
        let by_id = |rows: &[Row]| {
            rows.iter()
                .map(|row| (row.0, row.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        let (mut ours, before) = (by_id(&ours), live.len());
        let differing = live
            .iter()
            .filter(|row| ours.remove(&row.0).as_ref() != Some(row))
            .count()
            + ours.len();
        match differing {
            0 => row(EFFECTS, &format!("{before} as the log says, {dead} given up"))?,
            _ => row(EFFECTS, &format!("{differing} differ from what the log says"))?,
        }
        fresh.close().await;
        return Ok(differing);
    }
    bail!("the effects could not be compared: the log went on all the time; try again when less happens")
}

/// Without a server nobody has followed the log to its end; beside one, it will have soon.
async fn follow(beside: &Beside) -> Result<()> {
    if beside.may_write() {
        let dispatcher = Dispatcher::new(beside.log.clone(), Codec::current(), beside.effects.clone());
        dispatcher.catch_up().await?;
    } else {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
