//! What a moment of a long history costs: an interviewer who changed their hours twenty thousand times.

use std::{sync::Arc, time::Instant};

use anyhow::{Context, Result, ensure};
use domain::{
    aggregate::Aggregate,
    availability::{Availability, AvailabilityCommand, define_weekly::DefineWeekly},
    envelope::{Position, StreamId},
    event::Event,
    fact::Category,
};
use projections::{as_of::Past, availability::AvailabilityRules, model::Key};
use sqlx::PgPool;
use store::{
    codec::Codec,
    log::{Append, CommandMeta, Log, NewEvent, StreamWrite},
    postgres::PostgresLog,
    snapshots::{Snapshots, postgres::PostgresSnapshots, sqlite::SqliteSnapshots},
    sqlite::SqliteLog,
    vault::{Vault, master_key::MasterKey, memory::MemoryKeys},
};
use workload::availability::{Step, context, now};

use crate::{
    Arguments,
    greenroom::{Database, invocation},
    report,
};

const NAME: &str = "Looks at the past";

/// Changes of the history when nothing else is asked for.
const EVENTS: u64 = 20_000;

/// Events of one append.
const CHUNK: u64 = 1_000;

/// Looks at moments all over the history, and the last of them is the present.
const LOOKS: u64 = 200;

/// The table.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    let events = arguments.events.unwrap_or(EVENTS).next_multiple_of(CHUNK);
    report::looks(NAME, events);
    let folder = tempfile::tempdir()?;
    let log = Arc::new(SqliteLog::open(&folder.path().join("log.db")).await?);
    let snapshots = SqliteSnapshots::open(&folder.path().join("snapshots.db")).await?;
    measure("SQLite", log.clone(), Arc::new(snapshots.clone()), events).await?;
    snapshots.close().await;
    log.close().await;
    if let Some(server) = &arguments.postgres {
        let database = Database::create(server).await?;
        let log = Arc::new(PostgresLog::connect(&database.url).await?);
        let snapshots = PostgresSnapshots::open(PgPool::connect(&database.url).await?).await?;
        measure("PostgreSQL", log.clone(), Arc::new(snapshots.clone()), events).await?;
        snapshots.close().await;
        log.close().await;
        database.remove().await?;
    }
    Ok(())
}

async fn measure(name: &str, log: Arc<dyn Log>, place: Arc<dyn Snapshots>, events: u64) -> Result<()> {
    fill(&*log, events).await?;
    let vault = Arc::new(Vault::unlock(Arc::new(MemoryKeys::default()), MasterKey::new([7; 32])).await?);
    let plain = Past::of(log.clone(), Codec::current());
    let kept = plain.clone().with_snapshots(place, vault);
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(look(&plain, events).await?);
    }
    look(&kept, events).await?;
    // What the look has missed is made behind it; how long that takes is nobody's waiting time.
    while look(&kept, events).await? * 3.0 > report::median(all.iter().copied()) {}
    let mut looks = Vec::new();
    for number in 1..=LOOKS {
        looks.push(look(&kept, events * number / LOOKS).await?);
    }
    report::look(name, &all, &looks);
    Ok(())
}

/// Milliseconds of a look at the moment after so many changes.
async fn look(past: &Past, at: u64) -> Result<f64> {
    let tenant = invocation(Step { caller: 0, number: 0 }).tenant;
    let key = Key::of(Step { caller: 0, number: 0 }.account());
    let began = Instant::now();
    let row = past.row::<AvailabilityRules>(tenant, key, Position(at)).await?;
    let took = began.elapsed().as_secs_f64() * 1_000.0;
    let row = row.context("there is no row")?;
    ensure!(row.position == Position(at), "the row is of another moment");
    Ok(took)
}

/// One stream of so many changes.
async fn fill(log: &dyn Log, events: u64) -> Result<()> {
    let account = Step { caller: 0, number: 0 }.account();
    for first in (0..events).step_by(usize::try_from(CHUNK)?) {
        let asked = invocation(Step {
            caller: 0,
            number: first,
        });
        let changes = (first..first + CHUNK).map(|number| change(number, account));
        let stream = StreamId {
            tenant: asked.tenant,
            category: Category::Availability,
            id: account.uuid(),
        };
        log.append(Append {
            command: CommandMeta {
                tenant: asked.tenant,
                command_id: asked.command_id,
                input_hash: [7; 32],
                correlation_id: asked.correlation_id,
                causation_id: None,
                actor: asked.actor,
                trace: None,
            },
            now: now(),
            writes: vec![StreamWrite {
                stream,
                expected: first,
                events: changes.collect::<Result<_>>()?,
            }],
            result: b"null".to_vec(),
        })
        .await?;
    }
    Ok(())
}

fn change(number: u64, account: domain::ids::AccountId) -> Result<NewEvent> {
    let step = Step { caller: 0, number };
    let command = AvailabilityCommand::DefineWeekly(DefineWeekly {
        account,
        ..step.command()
    });
    let decided = Availability::default().decide(&command, &context())?;
    let event = decided.first().context("the command changes something")?;
    Ok(NewEvent {
        event_type: event.wire().name.to_owned(),
        schema_version: event.wire().version,
        payload: event.payload()?,
        occurred_at: now(),
        links: event.links(),
        subjects: Vec::new(),
    })
}
