//! From the write to the read: how long an event takes from its append to every read model, at five hundred events a
//! second, and how long read models that stood still for ten seconds take to catch up.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use histories::{
    history::{History, Scale},
    stored::append,
};
use projections::{as_of::Past, projections::Projections, sql::Db};
use sqlx::postgres::PgPoolOptions;
use store::{codec::Codec, log::Log, postgres::PostgresLog, sqlite::SqliteLog};
use tokio::{sync::mpsc, time::sleep_until};
use tokio_util::sync::CancellationToken;

use crate::{Arguments, greenroom::Database, report};

const NAME: &str = "Write to visible";

/// Events a second.
const RATE: f64 = 500.0;
/// How long events are written while read models follow, and while they stand still.
const FOLLOWED: Duration = Duration::from_secs(10);
const STOPPED: Duration = Duration::from_secs(10);
/// Events that are there before anything is measured.
const BEFORE: u64 = 5_000;
/// When read models count as lost.
const LONGEST: Duration = Duration::from_secs(60);
/// Which history, and how large: more than is ever written.
const SEED: u64 = 5;
const EVENTS: u64 = 1_000_000;

/// The table.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    report::visible(NAME, RATE);
    let folder = tempfile::tempdir()?;
    let log = Arc::new(SqliteLog::open(&folder.path().join("log.db")).await?);
    let db = Db::open_sqlite(&folder.path().join("read.db")).await?;
    measure("SQLite", log.clone(), db, arguments.rounds).await?;
    log.close().await;
    if let Some(server) = &arguments.postgres {
        let database = Database::create(server).await?;
        let log = Arc::new(PostgresLog::connect(&database.url).await?);
        let pool = PgPoolOptions::new()
            .max_connections(20)
            .connect(&database.url)
            .await?;
        measure("PostgreSQL", log.clone(), Db::postgres(pool), arguments.rounds).await?;
        log.close().await;
        database.remove().await?;
    }
    Ok(())
}

/// Appends of a history at their pace.
struct Writer {
    log: Arc<dyn Log>,
    history: History,
}

impl Writer {
    /// Writes so many events as fast as the log takes them; says where it ends.
    async fn write(&mut self, events: u64) -> Result<()> {
        let mut written = 0;
        while written < events {
            written += self.next().await?.0;
        }
        Ok(())
    }

    /// How many events the next append wrote, and where it ended.
    async fn next(&mut self) -> Result<(u64, domain::envelope::Position)> {
        let writes = self.history.next();
        ensure!(writes.is_some(), "the history is too short");
        let writes = writes.unwrap_or_default();
        let events = writes.iter().map(|write| write.events.len() as u64).sum();
        let receipt = self.log.append(append(self.history.appends(), writes)).await?;
        Ok((events, receipt.position))
    }

    /// Writes at the pace for as long as told; milliseconds from each append's turn until every read model shows it.
    async fn paced(&mut self, projections: &Arc<Projections>) -> Result<Vec<f64>> {
        let (seen, mut all) = mpsc::unbounded_channel();
        let began = Instant::now();
        let mut due = began;
        while due.duration_since(began) < FOLLOWED {
            sleep_until(due.into()).await;
            let turn = due;
            let (events, position) = self.next().await?;
            let (projections, seen) = (projections.clone(), seen.clone());
            tokio::spawn(async move {
                let shown = projections.wait_for(position, LONGEST).await;
                // Nobody counts any more when something else has failed.
                let _ = seen.send(shown.map(|()| turn.elapsed().as_secs_f64() * 1_000.0));
            });
            due += Duration::from_secs_f64(events as f64 / RATE);
        }
        drop(seen);
        let mut times = Vec::new();
        while let Some(time) = all.recv().await {
            times.push(time?);
        }
        Ok(times)
    }
}

async fn measure(name: &str, log: Arc<dyn Log>, db: Db, rounds: usize) -> Result<()> {
    let mut writer = Writer {
        log: log.clone(),
        history: History::new(Scale::events(EVENTS), SEED),
    };
    writer.write(BEFORE).await?;
    let past = Past::of(log.clone(), Codec::current());
    let (mut times, mut catching_up) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let stop = CancellationToken::new();
        let projections = Projections::start(past.clone(), db.clone(), stop.clone()).await?;
        let projections = Arc::new(projections);
        projections.wait_for(log.head().await?, LONGEST).await?;
        times.push(writer.paced(&projections).await?);
        stop.cancel();
        projections.stopped().await;

        writer.write((STOPPED.as_secs_f64() * RATE) as u64).await?;
        let (stop, began) = (CancellationToken::new(), Instant::now());
        let projections = Projections::start(past.clone(), db.clone(), stop.clone()).await?;
        projections.wait_for(log.head().await?, LONGEST).await?;
        catching_up.push(began.elapsed().as_secs_f64());
        stop.cancel();
        projections.stopped().await;
    }
    report::visibility(name, &times, &catching_up);
    Ok(())
}
