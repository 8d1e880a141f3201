//! Runs one round of a peer's event store and prints it as JSON: `peers sqlite FILE | postgres URL, callers, commands`,
//! or `peers replay-sqlite FILE | replay-postgres URL, file of events`.

mod replay;

use std::{env, str::FromStr, sync::Arc};

use cqrs_es::{
    AggregateError, CqrsFramework,
    persist::{PersistedEventRepository, PersistedEventStore},
};
use domain::availability::{Availability, AvailabilityCommand};
use postgres_es::{PostgresEventRepository, PostgresViewRepository};
use sqlite_es::{SqliteEventRepository, SqliteViewRepository};
use sqlx::{
    Executor, PgPool, SqlitePool,
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
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["replay-sqlite", file, events] => {
            let pool = sqlite(file, SqliteSynchronous::Normal).await;
            pool.execute(replay::VIEWS).await.expect("the table is new");
            let views = SqliteViewRepository::new(replay::VIEW, pool.clone());
            replay::run(SqliteEventRepository::new(pool), views, events).await;
        }
        ["replay-postgres", url, events] => {
            let pool = postgres(url).await;
            pool.execute(replay::VIEWS).await.expect("the table is new");
            let views = PostgresViewRepository::new(replay::VIEW, pool.clone());
            replay::run(PostgresEventRepository::new(pool), views, events).await;
        }
        [peer, place, callers, commands] => {
            let callers: u64 = callers.parse().expect("callers is a number");
            let commands: u64 = commands.parse().expect("commands is a number");
            let round = match *peer {
                "sqlite" => {
                    let pool = sqlite(place, SqliteSynchronous::Full).await;
                    run(SqliteEventRepository::new(pool), callers, commands).await
                }
                "postgres" => {
                    let pool = postgres(place).await;
                    run(PostgresEventRepository::new(pool), callers, commands).await
                }
                other => panic!("there is no peer called {other}"),
            };
            println!("{}", serde_json::to_string(&round).expect("numbers serialise"));
        }
        _ => {
            eprintln!("usage: peers sqlite|postgres PLACE CALLERS COMMANDS | replay-sqlite|replay-postgres PLACE EVENTS");
            std::process::exit(2);
        }
    }
}

/// With the pool that the crate's own helper makes, which leaves `synchronous` at `normal`: enough for views, as it is for
/// Greenroom's, but not for events.
async fn sqlite(file: &str, synchronous: SqliteSynchronous) -> SqlitePool {
    let options = SqliteConnectOptions::from_str(file)
        .expect("it is a file")
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous);
    let pool = SqlitePoolOptions::new()
        .max_connections(10)
        .connect_with(options)
        .await
        .expect("the file opens");
    pool.execute(EVENTS).await.expect("the table is new");
    pool
}

async fn postgres(url: &str) -> PgPool {
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .connect(url)
        .await
        .expect("the server answers");
    pool.execute(EVENTS).await.expect("the table is new");
    pool
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
