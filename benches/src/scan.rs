//! Reading the whole log and decoding it into events, against the driver stepping through the same rows.

use std::{path::Path, time::Instant};

use anyhow::{Result, ensure};
use domain::{
    actor::Actor,
    aggregate::Aggregate as _,
    availability::{Availability, AvailabilityCommand},
    envelope::StreamId,
    event::Event as _,
    fact::Category,
    ids::{CommandId, CorrelationId, OrganisationId},
};
use futures::TryStreamExt;
use sqlx::{Row, SqlitePool, postgres::PgPool};
use store::{
    codec::Codec,
    log::{Append, CommandMeta, Filter, Log, NewEvent, Query, StreamWrite},
    postgres::PostgresLog,
    sqlite::SqliteLog,
};
use uuid::Uuid;
use workload::availability::{COMMANDS_PER_STREAM, Step, context, now};

use crate::{
    Arguments,
    greenroom::Database,
    report::{self, Pair},
};

/// Streams of one append while the log is filled.
const STREAMS: u64 = 1_000;

const SQLITE: &str = "SQLite, scan";
const POSTGRES: &str = "PostgreSQL, scan";

/// Events that are scanned when nothing else is asked for; rounded up to whole appends of ten thousand.
const EVENTS: u64 = 200_000;

/// Both lines of a table.
const WHO: [&str; 2] = [
    "the driver steps through the rows",
    "Greenroom, decoded into events",
];

/// Both tables.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    if arguments.wants(SQLITE) {
        let folder = tempfile::tempdir()?;
        sqlite(arguments, folder.path()).await?;
    }
    if let Some(server) = &arguments.postgres
        && arguments.wants(POSTGRES)
    {
        postgres(arguments, server).await?;
    }
    Ok(())
}

async fn sqlite(arguments: &Arguments, folder: &Path) -> Result<()> {
    let file = folder.join("log.db");
    let log = SqliteLog::open(&file).await?;
    let events = fill(&log, arguments.events.unwrap_or(EVENTS)).await?;
    let pool = SqlitePool::connect(&file.display().to_string()).await?;
    let mut rounds = Vec::new();
    for _ in 0..arguments.rounds {
        let raw = timed(async {
            let mut rows = sqlx::query(ALL_OF_SQLITE).fetch(&pool);
            let mut bytes = 0;
            while let Some(row) = rows.try_next().await? {
                bytes += row.get::<&[u8], _>("payload").len();
            }
            Ok(bytes)
        })
        .await?;
        rounds.push(Pair {
            first: raw,
            second: timed(decoded(&log)).await?,
        });
    }
    pool.close().await;
    log.close().await;
    report::pairs(SQLITE, events, WHO, &rounds);
    Ok(())
}

async fn postgres(arguments: &Arguments, server: &str) -> Result<()> {
    let database = Database::create(server).await?;
    let log = PostgresLog::connect(&database.url).await?;
    let events = fill(&log, arguments.events.unwrap_or(EVENTS)).await?;
    let pool = PgPool::connect(&database.url).await?;
    let mut rounds = Vec::new();
    for _ in 0..arguments.rounds {
        let raw = timed(async {
            let mut rows = sqlx::query(ALL_OF_POSTGRES).fetch(&pool);
            let mut bytes = 0;
            while let Some(row) = rows.try_next().await? {
                bytes += row.get::<&[u8], _>("payload").len();
            }
            Ok(bytes)
        })
        .await?;
        rounds.push(Pair {
            first: raw,
            second: timed(decoded(&log)).await?,
        });
    }
    pool.close().await;
    log.close().await;
    database.remove().await?;
    report::pairs(POSTGRES, events, WHO, &rounds);
    Ok(())
}

const ALL_OF_SQLITE: &str = "select * from events order by position";
const ALL_OF_POSTGRES: &str = "select * from log.events order by position";

/// Seconds that it takes; what it gives is only there so that nothing is left out as unused.
pub(crate) async fn timed(work: impl Future<Output = Result<usize>>) -> Result<f64> {
    let began = Instant::now();
    ensure!(work.await? > 0, "nothing was read");
    Ok(began.elapsed().as_secs_f64())
}

/// Reads and decodes every event; says how many facts there were.
pub(crate) async fn decoded(log: &dyn Log) -> Result<usize> {
    let codec = Codec::current();
    let mut events = log.read(Query::forward(Filter::All));
    let mut facts = 0;
    while let Some(event) = events.try_next().await? {
        facts += codec.decode(&event)?.len();
    }
    Ok(facts)
}

/// Appends so many events of interviewers who state their hours, ten to a stream, until the last append is full; says
/// how many there are then.
async fn fill(log: &dyn Log, events: u64) -> Result<u64> {
    let per_append = STREAMS * COMMANDS_PER_STREAM;
    for number in 0..events.div_ceil(per_append) {
        log.append(append(number)?).await?;
    }
    Ok(log.head().await?.0)
}

fn append(number: u64) -> Result<Append> {
    let writes = (0..STREAMS)
        .map(|caller| {
            let first = Step {
                caller,
                number: number * COMMANDS_PER_STREAM,
            };
            let events = (0..COMMANDS_PER_STREAM).map(|offset| {
                event(Step {
                    caller,
                    number: first.number + offset,
                })
            });
            Ok(StreamWrite {
                stream: StreamId {
                    tenant: OrganisationId::new(Uuid::from_u128(7)),
                    category: Category::Availability,
                    id: first.account().uuid(),
                },
                expected: 0,
                events: events.collect::<Result<_>>()?,
            })
        })
        .collect::<Result<_>>()?;
    let id = Uuid::from_u128(u128::from(number) + 1);
    Ok(Append {
        command: CommandMeta {
            tenant: OrganisationId::new(Uuid::from_u128(7)),
            command_id: CommandId::new(id),
            input_hash: [0; 32],
            correlation_id: CorrelationId::new(id),
            causation_id: None,
            actor: Actor::system("bench"),
            trace: None,
        },
        now: now(),
        writes,
        result: b"null".to_vec(),
    })
}

fn event(step: Step) -> Result<NewEvent> {
    let command = AvailabilityCommand::DefineWeekly(step.command());
    let decided = Availability::default().decide(&command, &context())?;
    let event = decided
        .first()
        .ok_or_else(|| anyhow::anyhow!("the command changes something"))?;
    Ok(NewEvent {
        event_type: event.wire().name.to_owned(),
        schema_version: event.wire().version,
        payload: event.payload()?,
        occurred_at: now(),
        links: Vec::new(),
        subjects: Vec::new(),
    })
}
