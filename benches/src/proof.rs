//! Holding a whole log against its hash chain, receipts and links, as `greenroom audit verify` does.

use std::{
    fs::File,
    io::{BufReader, BufWriter},
    path::Path,
    time::Instant,
};

use anyhow::{Result, ensure};
use store::history::{self, Place, examine, export, import};

use crate::{
    Arguments,
    generated::{Belong, Generated, fill, whole_streams},
    greenroom::Database,
    report,
};

const NAME: &str = "Proof of history";

/// Events that are proven when nothing else is asked for.
const EVENTS: u64 = 1_000_000;

/// Proofs of each log; one takes long enough to be measured.
const MOST_ROUNDS: usize = 3;

/// The table.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    let events = whole_streams(arguments.events.unwrap_or(EVENTS));
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("export.jsonl");
    let sqlite = Place::Sqlite(folder.path().join("log.db"));
    report::proofs(NAME, events);

    let proofs = in_database(arguments, &sqlite, events, &file).await?;
    report::proof("SQLite", events, &proofs);
    let mut proofs = Vec::new();
    for _ in 0..arguments.rounds.min(MOST_ROUNDS) {
        proofs.push(in_export(&file, events).await?);
    }
    report::proof("an export", events, &proofs);
    if let Some(server) = &arguments.postgres {
        let database = Database::create(server).await?;
        let place = Place::Postgres(database.url.clone());
        let proofs = in_database(arguments, &place, events, &file).await?;
        report::proof("PostgreSQL", events, &proofs);
        database.remove().await?;
    }
    Ok(())
}

/// Fills a database and proves it, seconds by round; leaves an export of it.
async fn in_database(arguments: &Arguments, place: &Place, events: u64, file: &Path) -> Result<Vec<f64>> {
    let generated = Generated::new(events, Belong::ToThreeMore);
    fill(import::open(place).await?, generated).await?;
    let history = history::open(place).await?;
    let mut proofs = Vec::new();
    for _ in 0..arguments.rounds.min(MOST_ROUNDS) {
        let began = Instant::now();
        let verified = examine::database(&*history, &[], &|_, _| {}).await?;
        proofs.push(began.elapsed().as_secs_f64());
        ensure!(verified.events == events, "events are missing");
    }
    let mut out = BufWriter::new(File::create(file)?);
    export::export(&*history, &mut out, &|_, _| {}).await?;
    history.close().await;
    Ok(proofs)
}

/// Seconds of one proof of an export.
async fn in_export(file: &Path, events: u64) -> Result<f64> {
    let reader = BufReader::new(File::open(file)?);
    tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        let verified = examine::export(reader, &[], &|_, _| {})?;
        ensure!(verified.events == events, "events are missing");
        Ok(began.elapsed().as_secs_f64())
    })
    .await?
}
