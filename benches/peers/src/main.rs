//! Runs one round of a peer's event store and prints it as JSON: `peers sqlite FILE | postgres URL, callers, commands`.

use std::{env, str::FromStr, sync::Arc};

use cqrs_es::{
    AggregateError, CqrsFramework,
    persist::{PersistedEventRepository, PersistedEventStore},
};
use domain::availability::{Availability, AvailabilityCommand};
use postgres_es::PostgresEventRepository;
use sqlite_es::SqliteEventRepository;
use sqlx::{
    Executor,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use workload::{
    availability::{Step, context},
    measure::{self, Round},
};

/// As the crates' own migrations make it; SQLite's column types accept these names.
const EVENTS: &str = "
    create table events (
        aggregate_type text not null,
        aggregate_id text not null,
        sequence bigint check (sequence >= 0) not null,
        event_type text not null,
        event_version text not null,
        payload json not null,
        metadata json not null,
        primary key (aggregate_type, aggregate_id, sequence)
    )";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [peer, place, callers, commands] = arguments.as_slice() else {
        eprintln!("usage: peers sqlite|postgres PLACE CALLERS COMMANDS");
        std::process::exit(2);
    };
    let callers: u64 = callers.parse().expect("callers is a number");
    let commands: u64 = commands.parse().expect("commands is a number");
    let round = match peer.as_str() {
        "sqlite" => sqlite(place, callers, commands).await,
        "postgres" => postgres(place, callers, commands).await,
        other => panic!("there is no peer called {other}"),
    };
    println!("{}", serde_json::to_string(&round).expect("numbers serialise"));
}

/// With the pool that the crate's own helper makes, but durable: its helper leaves `synchronous` at `normal`.
async fn sqlite(file: &str, callers: u64, commands: u64) -> Round {
    let options = SqliteConnectOptions::from_str(file)
        .expect("it is a file")
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new()
        .max_connections(10)
        .connect_with(options)
        .await
        .expect("the file opens");
    pool.execute(EVENTS).await.expect("the table is new");
    run(SqliteEventRepository::new(pool), callers, commands).await
}

async fn postgres(url: &str, callers: u64, commands: u64) -> Round {
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .connect(url)
        .await
        .expect("the server answers");
    pool.execute(EVENTS).await.expect("the table is new");
    run(PostgresEventRepository::new(pool), callers, commands).await
}

async fn run<R>(repository: R, callers: u64, commands: u64) -> Round
where
    R: PersistedEventRepository + Send + Sync + 'static,
{
    let store = PersistedEventStore::<R, Availability>::new_event_store(repository);
    let framework = Arc::new(CqrsFramework::new(store, Vec::new(), ()));
    measure::tasks(callers, commands, move |step: Step| {
        let framework = framework.clone();
        async move {
            let account = step.account().to_string();
            let command = AvailabilityCommand::DefineWeekly(step.command());
            // A lock that was not had in time is tried again, as its user would.
            loop {
                match framework.execute(&account, (command.clone(), context())).await {
                    Ok(()) => break,
                    Err(AggregateError::DatabaseConnectionError(_)) => {}
                    Err(error) => panic!("a command failed: {error}"),
                }
            }
        }
    })
    .await
}
