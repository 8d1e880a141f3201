//! Building read models anew from a log of interviews, against reading and decoding the same log, and against what
//! cqrs-es calls a replay.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, Result, ensure};
use domain::fact::Category;
use futures::TryStreamExt;
use histories::stored::{Stored, fill};
use projections::{
    ground::Share,
    projections::{Which, rebuild},
    sql::{Db, Kind, Name},
};
use serde::Deserialize;
use sqlx::{Connection, Executor, PgConnection, PgPool};
use store::{
    codec::Codec,
    history::{Place, import},
    log::{Filter, Log, Query},
    postgres::PostgresLog,
    sqlite::SqliteLog,
};
use tokio::process::Command;

use crate::{
    Arguments,
    greenroom::Database,
    memory,
    report::{self, Rate},
    scan::{decoded, timed},
};

const SQLITE: &str = "SQLite, rebuild";
const POSTGRES: &str = "PostgreSQL, rebuild";

/// Events of the log when nothing else is asked for.
const EVENTS: u64 = 1_000_000;
/// Events that the peer replays: at a thousand or three a second.
const REPLAYED: usize = 10_000;
/// Which history.
const SEED: u64 = 1;

/// The read model of the comparison, and the categories that it hears.
const INTERVIEWS: &str = "interviews";
const HEARD: [Category; 4] = [
    Category::Interview,
    Category::Payment,
    Category::Room,
    Category::Transcript,
];

/// Both tables.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    if arguments.wants(SQLITE) {
        on_sqlite(arguments).await?;
    }
    if let Some(server) = arguments.postgres.as_ref().filter(|_| arguments.wants(POSTGRES)) {
        on_postgres(arguments, server).await?;
    }
    Ok(())
}

/// Where read models are built.
enum Target<'t> {
    /// In a new file.
    File,
    /// In the schema of a server's database, which is removed before.
    Database { server: &'t str, url: &'t str },
}

/// A log, and what it is compared with.
struct Subject<'s> {
    log: Arc<dyn Log>,
    events: u64,
    /// Events that the read model of the comparison hears.
    heard: u64,
    target: Target<'s>,
}

async fn on_sqlite(arguments: &Arguments) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("log.db");
    let target = import::open(&Place::Sqlite(file.clone())).await?;
    let events = fill(target, Stored::events(arguments.events.unwrap_or(EVENTS), SEED)).await?;
    let log = Arc::new(SqliteLog::open(&file).await?);
    let subject = Subject::new(log.clone(), events, Target::File).await?;
    let rounds = subject.play(arguments, "replay-sqlite").await?;
    log.close().await;
    rounds.report(SQLITE, events);
    Ok(())
}

async fn on_postgres(arguments: &Arguments, server: &str) -> Result<()> {
    let database = Database::create(server).await?;
    let target = import::open(&Place::Postgres(database.url.clone())).await?;
    let events = fill(target, Stored::events(arguments.events.unwrap_or(EVENTS), SEED)).await?;
    let mut connection = PgConnection::connect(&database.url).await?;
    connection.execute("vacuum (freeze, analyze)").await?;
    connection.close().await?;
    let log = Arc::new(PostgresLog::connect(&database.url).await?);
    let url = &database.url;
    let subject = Subject::new(log.clone(), events, Target::Database { server, url }).await?;
    let rounds = subject.play(arguments, "replay-postgres").await?;
    log.close().await;
    database.remove().await?;
    rounds.report(POSTGRES, events);
    Ok(())
}

/// What was measured, round by round.
#[derive(Default)]
struct Rounds {
    scan: Vec<Rate>,
    one: Vec<Rate>,
    one_heard: Vec<Rate>,
    all: Vec<Rate>,
    replay: Vec<Rate>,
    /// Most MiB that the process took while all were built, where the system tells.
    memory: Option<u64>,
}

impl Rounds {
    fn report(&self, name: &str, events: u64) {
        report::rates(&format!("{name} from {events} events"));
        report::rate("the log is read and decoded", &self.scan, &self.scan);
        report::rate("the read model of interviews", &self.one, &self.scan);
        report::rate("all read models in one pass", &self.all, &self.scan);
        if let Some(memory) = self.memory {
            report::memory("all read models in one pass", memory);
        }
        if !self.replay.is_empty() {
            report::rates(&format!("{name}, events that the read model hears"));
            report::rate("cqrs-es 0.5, GenericQuery replay", &self.replay, &self.replay);
            report::rate("the read model of interviews", &self.one_heard, &self.replay);
        }
    }
}

impl<'s> Subject<'s> {
    async fn new(log: Arc<dyn Log>, events: u64, target: Target<'s>) -> Result<Self> {
        let mut heard = 0;
        for category in HEARD {
            let filter = Filter::Category {
                category,
                tenant: None,
            };
            let mut found = log.read(Query::forward(filter));
            while found.try_next().await?.is_some() {
                heard += 1;
            }
        }
        ensure!(heard > events / 4, "only {heard} of {events} events are heard");
        Ok(Self {
            log,
            events,
            heard,
            target,
        })
    }

    async fn play(&self, arguments: &Arguments, peer: &str) -> Result<Rounds> {
        let folder = tempfile::tempdir()?;
        let replayed = folder.path().join("interviews.jsonl");
        self.write_interviews(&replayed).await?;
        let mut rounds = Rounds::default();
        for _ in 0..arguments.rounds {
            let rate = |events, seconds| Rate { events, seconds };
            rounds
                .scan
                .push(rate(self.events, timed(decoded(&*self.log)).await?));
            let one = self.build(Which::Named(INTERVIEWS)).await?;
            rounds.one.push(rate(self.events, one));
            rounds.one_heard.push(rate(self.heard, one));
            memory::forget();
            rounds.all.push(rate(self.events, self.build(Which::All).await?));
            rounds.memory = rounds.memory.max(memory::most());
            if let Some(program) = &arguments.peers {
                rounds.replay.push(self.replay(program, peer, &replayed).await?);
            }
        }
        Ok(rounds)
    }

    /// Seconds until the new tables are shown.
    async fn build(&self, which: Which<'_>) -> Result<f64> {
        let folder = tempfile::tempdir()?;
        let db = match self.target {
            Target::File => Db::open_sqlite(&folder.path().join("read.db")).await?,
            Target::Database { url, .. } => {
                let pool = PgPool::connect(url).await?;
                pool.execute("drop schema if exists read cascade").await?;
                Db::postgres(pool)
            }
        };
        let building = rebuild(
            self.log.clone(),
            Codec::current(),
            db.clone(),
            which,
            Share::ALL,
            &|_| {},
        );
        let seconds = timed(async {
            building.await?;
            Ok(1)
        })
        .await?;
        let interviews = Name::new(INTERVIEWS).context("a name")?;
        let mut sql = db.sql();
        sql.push("select count(*) from ").table(&interviews);
        let rows = db.fetch(sql, &[Kind::Integer]).await?;
        ensure!(rows != [[0_i64.into()]], "no interview was folded");
        db.close().await;
        Ok(seconds)
    }

    /// The first events of interviews' own streams, as the peer stores them.
    async fn write_interviews(&self, file: &Path) -> Result<()> {
        let mut out = BufWriter::new(File::create(file)?);
        let filter = Filter::Category {
            category: Category::Interview,
            tenant: None,
        };
        let mut events = self.log.read(Query::forward(filter).limit(REPLAYED as u64));
        while let Some(event) = events.try_next().await? {
            let (envelope, payload) = (event.envelope, std::str::from_utf8(&event.payload)?);
            writeln!(
                out,
                r#"{{"id":"{}","sequence":{},"type":"{}","payload":{{"type":"{}","payload":{payload}}}}}"#,
                envelope.stream.id.simple(),
                envelope.version,
                envelope.event_type,
                envelope.event_type,
            )?;
        }
        out.flush()?;
        Ok(())
    }

    async fn replay(&self, program: &Path, peer: &str, events: &Path) -> Result<Rate> {
        match self.target {
            Target::File => {
                let folder = tempfile::tempdir()?;
                let file = folder.path().join("peer.db").display().to_string();
                replay(program, peer, &file, events).await
            }
            Target::Database { server, .. } => {
                let database = Database::create(server).await?;
                let rate = replay(program, peer, &database.url, events).await?;
                database.remove().await?;
                Ok(rate)
            }
        }
    }
}

async fn replay(program: &Path, peer: &str, place: &str, events: &Path) -> Result<Rate> {
    #[derive(Deserialize)]
    struct Replayed {
        events: u64,
        seconds: f64,
    }
    let output = Command::new(program)
        .args([peer, place])
        .arg(events)
        .output()
        .await
        .context("the peers' program does not start")?;
    ensure!(
        output.status.success(),
        "the peer failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let replayed: Replayed = serde_json::from_slice(&output.stdout)?;
    Ok(Rate {
        events: replayed.events,
        seconds: replayed.seconds,
    })
}
