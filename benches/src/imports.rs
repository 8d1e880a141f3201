//! Filling a log from an export, proven line by line, against inserting the same rows without looking at them.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Result, ensure};
use store::history::{self, Place, examine, import};

use crate::{
    Arguments,
    generated::{Belong, Generated, Rows, whole_streams},
    greenroom::Database,
    raw_postgres, raw_sqlite,
    report::{self, Pair},
};

const SQLITE: &str = "SQLite, import";
const POSTGRES: &str = "PostgreSQL, import";

/// Events that are imported when nothing else is asked for.
const EVENTS: u64 = 200_000;

/// Both tables.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let server = arguments.postgres.as_ref().filter(|_| arguments.wants(POSTGRES));
    if !arguments.wants(SQLITE) && server.is_none() {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let exported = Exported::write(folder.path(), arguments.events.unwrap_or(EVENTS))?;
    if arguments.wants(SQLITE) {
        let mut rounds = Vec::new();
        for _ in 0..arguments.rounds {
            rounds.push(exported.to_sqlite().await?);
        }
        exported.report(SQLITE, "prepared inserts, rusqlite", &rounds);
    }
    if let Some(server) = server {
        let mut rounds = Vec::new();
        for _ in 0..arguments.rounds {
            rounds.push(exported.to_postgres(server).await?);
        }
        exported.report(POSTGRES, "COPY in binary form", &rounds);
    }
    Ok(())
}

/// A log in memory and as a file.
struct Exported {
    rows: Rows,
    file: PathBuf,
}

impl Exported {
    fn write(folder: &Path, events: u64) -> Result<Self> {
        let rows = Rows::all(Generated::new(whole_streams(events), Belong::ToThreeMore))?;
        let file = folder.join("export.jsonl");
        rows.export(&file)?;
        Ok(Self { rows, file })
    }

    fn report(&self, name: &str, reference: &str, rounds: &[Pair]) {
        let events = self.rows.events.len() as u64;
        report::pairs(name, events, [reference, "Greenroom, from lines of JSON"], rounds);
    }

    async fn to_sqlite(&self) -> Result<Pair> {
        let folder = tempfile::tempdir()?;
        let raw = Place::Sqlite(folder.path().join("raw.db"));
        make_tables(&raw).await?;
        let began = Instant::now();
        raw_sqlite::insert(&folder.path().join("raw.db"), &self.rows)?;
        let first = began.elapsed().as_secs_f64();
        self.check(&raw).await?;
        let second = self.import(&Place::Sqlite(folder.path().join("log.db"))).await?;
        Ok(Pair { first, second })
    }

    async fn to_postgres(&self, server: &str) -> Result<Pair> {
        let database = Database::create(server).await?;
        let raw = Place::Postgres(database.url.clone());
        make_tables(&raw).await?;
        let began = Instant::now();
        raw_postgres::insert(&database.url, &self.rows).await?;
        let first = began.elapsed().as_secs_f64();
        self.check(&raw).await?;
        database.remove().await?;
        let database = Database::create(server).await?;
        let second = self.import(&Place::Postgres(database.url.clone())).await?;
        database.remove().await?;
        Ok(Pair { first, second })
    }

    /// Seconds of an import into tables that are there, until it is durable.
    async fn import(&self, place: &Place) -> Result<f64> {
        let target = import::open(place).await?;
        let reader = BufReader::with_capacity(1024 * 1024, File::open(&self.file)?);
        let began = Instant::now();
        let imported = import::import(target, reader, Vec::new(), &|_, _| {}).await?;
        let seconds = began.elapsed().as_secs_f64();
        ensure!(
            imported.events == self.rows.events.len() as u64,
            "events are missing"
        );
        Ok(seconds)
    }

    /// What was inserted by hand is the same log, or the comparison would mean nothing.
    async fn check(&self, place: &Place) -> Result<()> {
        let history = history::open(place).await?;
        let verified = examine::database(&*history, &[], &|_, _| {}).await;
        history.close().await;
        let last = self.rows.events.last().map(|last| last.envelope.hash);
        ensure!(Some(verified?.hash) == last, "another log was inserted");
        Ok(())
    }
}

/// Brings an empty database up to date.
async fn make_tables(place: &Place) -> Result<()> {
    drop(import::open(place).await?);
    Ok(())
}
