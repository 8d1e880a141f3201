//! `greenroom doctor`: whether what was derived is what the log says, and whether the log is as it was written.

use std::{collections::BTreeMap, fs::DirBuilder, os::unix::fs::DirBuilderExt};

use anyhow::{Context, Result, bail};
use domain::{ids::EffectId, processes::deed::Deed, time::Instant};
use futures::TryStreamExt;
use projections::{
    doctor::DifferenceKind,
    projections::{Which, examine, names},
};
use store::{
    codec::Codec,
    hash::{BEFORE_THE_FIRST, verify},
    history::examine::{self, ExamineError},
    log::{Filter, Query},
};
use workers::{db::Db, dispatcher::Dispatcher};

use super::{audit, say};
use crate::{
    config::Config,
    proof,
    stores::{Purpose, Stores},
};

/// An effect as it is compared.
type Row = (EffectId, Deed, Instant, String);

/// How often the effects are compared again when a server went on meanwhile.
const TRIES: u32 = 5;

/// Examines everything, prints a line for each thing, and fails when anything is not as it should be.
pub(super) async fn run(config: &Config) -> Result<()> {
    let stores = Stores::open(config, Purpose::Tool).await?;
    let mut faults = match config.log.url {
        None => log(config).await?,
        Some(_) => cluster(&stores).await?,
    };
    for name in names() {
        faults += read_model(&stores, name).await?;
    }
    faults += effects(&stores).await?;
    stores.close().await;
    if faults > 0 {
        bail!(
            "{faults} differences were found: rebuild what differs with `greenroom rebuild`; a broken log comes back from a backup"
        );
    }
    Ok(())
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
async fn cluster(stores: &Stores) -> Result<usize> {
    let (mut events, mut previous) = (0_u64, BEFORE_THE_FIRST);
    let mut log = stores.log.read(Query::forward(Filter::All));
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

async fn read_model(stores: &Stores, name: &'static str) -> Result<usize> {
    let (log, read) = (stores.log.clone(), stores.read.clone());
    let found = examine(log, Codec::current(), read, Which::Named(name)).await?;
    if found.is_empty() {
        row(name, "as the log says")?;
    }
    for difference in &found {
        let what = match difference.kind {
            DifferenceKind::Missing => "is missing".to_owned(),
            DifferenceKind::Surplus => "is too much".to_owned(),
            DifferenceKind::Other => format!("differs at {}", difference.field),
        };
        row(name, &format!("row {} {what}", difference.key.link()))?;
    }
    Ok(found.len())
}

/// Finds all effects again in a database of their own, and compares their states.
async fn effects(stores: &Stores) -> Result<usize> {
    let folder = std::env::temp_dir().join(format!("greenroom-doctor-{}", std::process::id()));
    DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .context("no folder could be made to examine the effects in")?;
    let compared = compare_effects(stores, &folder).await;
    std::fs::remove_dir_all(&folder).context("the folder of the examination cannot be removed")?;
    compared
}

async fn compare_effects(stores: &Stores, folder: &std::path::Path) -> Result<usize> {
    let fresh = Db::open_sqlite(&folder.join("effects.db")).await?;
    let dispatcher = Dispatcher::new(stores.log.clone(), Codec::current(), fresh.clone());
    for _ in 0..TRIES {
        let reached = dispatcher.catch_up().await?;
        let live = stores.effects.dump().await?;
        if stores.effects.checkpoint().await?.position != reached || stores.log.head().await? != reached {
            follow(stores).await?;
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
            0 => row("effects", &format!("{before} as the log says, {dead} given up"))?,
            _ => row("effects", &format!("{differing} differ from what the log says"))?,
        }
        fresh.close().await;
        return Ok(differing);
    }
    bail!("the effects could not be compared: the log went on all the time; try again when less happens")
}

/// Without a server nobody has followed the log to its end.
async fn follow(stores: &Stores) -> Result<()> {
    let dispatcher = Dispatcher::new(stores.log.clone(), Codec::current(), stores.effects.clone());
    dispatcher.catch_up().await?;
    Ok(())
}
