//! The contract suite on every back end, and what only a back end that keeps its data can show.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests, and a skipped test says so"
)]

use std::{env, panic::AssertUnwindSafe, path::PathBuf, sync::Arc};

use domain::envelope::{Position, Recorded};
use futures::{FutureExt, StreamExt, TryStreamExt, future::join_all, stream::FuturesUnordered};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection, postgres::PgConnectOptions,
};
use store::{
    appender::QueueLimits,
    contract::{append, event, write},
    hash::{BEFORE_THE_FIRST, verify},
    log::{Append, AppendError, Filter, Log, Query, ReadError, Receipt},
    memory::MemoryLog,
    open_error::OpenError,
    postgres::PostgresLog,
    sqlite::SqliteLog,
};
use tempfile::TempDir;

/// A database of its own for one test.
struct Sqlite(TempDir);

impl Sqlite {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("log.db")
    }

    async fn open(&self) -> SqliteLog {
        SqliteLog::open(&self.file()).await.unwrap()
    }
}

/// A database of its own for one test.
struct Database(String);

impl Database {
    async fn open(&self) -> PostgresLog {
        PostgresLog::connect(&self.0).await.unwrap()
    }
}

/// Runs a test with a PostgreSQL database of its own, or says that it is skipped.
async fn with_postgres<F: Future<Output = ()>>(test: impl FnOnce(Database) -> F) {
    let Ok(url) = env::var("GREENROOM_TEST_POSTGRES_URL") else {
        let all = env::var("GREENROOM_TEST_REQUIRE").is_ok_and(|required| required == "all");
        assert!(
            !all,
            "GREENROOM_TEST_POSTGRES_URL is not set, and all tests are required"
        );
        eprintln!("skipped: GREENROOM_TEST_POSTGRES_URL is not set");
        return;
    };
    let mut random = [0; 8];
    getrandom::fill(&mut random).unwrap();
    let name = format!("greenroom_log_{:016x}", u64::from_be_bytes(random));
    let options: PgConnectOptions = url.parse().unwrap();
    let mut server = PgConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name}")))
        .execute(&mut server)
        .await
        .unwrap();

    let own = options.database(&name).to_url_lossy().to_string();
    let result = AssertUnwindSafe(test(Database(own))).catch_unwind().await;

    sqlx::raw_sql(AssertSqlSafe(format!("drop database {name} with (force)")))
        .execute(&mut server)
        .await
        .unwrap();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

macro_rules! memory_cases {
    ($($case:ident)*) => {
        mod memory {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    store::contract::run(stringify!($case), Arc::new(MemoryLog::new())).await;
                }
            )*
        }
    };
}
store::contract_cases!(memory_cases);

macro_rules! sqlite_cases {
    ($($case:ident)*) => {
        mod sqlite {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let database = Sqlite::new();
                    store::contract::run(stringify!($case), Arc::new(database.open().await)).await;
                }
            )*
        }
    };
}
store::contract_cases!(sqlite_cases);

macro_rules! postgres_cases {
    ($($case:ident)*) => {
        mod postgres {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    with_postgres(async |database: Database| {
                        store::contract::run(stringify!($case), Arc::new(database.open().await)).await;
                    })
                    .await;
                }
            )*
        }
    };
}
store::contract_cases!(postgres_cases);

// What only a back end that keeps its data can show.

fn one_event(number: u64, stream: u64, expected: u64) -> Append {
    Append {
        writes: vec![write(stream, expected, vec![event("happened")])],
        ..append(number)
    }
}

async fn all(log: &dyn Log) -> Vec<Recorded> {
    log.read(Query::forward(Filter::All)).try_collect().await.unwrap()
}

fn assert_gapless(events: &[Recorded], count: u64) {
    let positions: Vec<_> = events.iter().map(|event| event.envelope.position.0).collect();
    assert_eq!(positions, Vec::from_iter(1..=count));
    assert!(verify(BEFORE_THE_FIRST, events).is_ok());
}

/// Two events and a no-op, and the receipt of the first.
async fn fill(log: &dyn Log) -> Receipt {
    let receipt = log.append(one_event(1, 1, 0)).await.unwrap();
    log.append(one_event(2, 2, 0)).await.unwrap();
    log.append(append(3)).await.unwrap();
    receipt
}

async fn assert_continues(log: &dyn Log, receipt: &Receipt) {
    assert_eq!(*log.tail().borrow(), Position(2));
    assert_eq!(
        log.receipt(receipt.command_id).await.unwrap().as_ref(),
        Some(receipt)
    );
    let repeat = log.append(one_event(1, 1, 0)).await.unwrap_err();
    assert!(matches!(repeat, AppendError::Duplicate(kept) if *kept == *receipt));
    let no_op = log.append(append(3)).await.unwrap_err();
    assert!(matches!(no_op, AppendError::Duplicate(kept) if kept.first.is_none()));
    log.append(one_event(4, 1, 1)).await.unwrap();
    assert_gapless(&all(log).await, 3);
}

#[tokio::test]
async fn a_sqlite_log_continues_after_it_was_closed() {
    let database = Sqlite::new();
    let before = database.open().await;
    let receipt = fill(&before).await;

    before.close().await;

    assert_continues(&database.open().await, &receipt).await;
}

#[tokio::test]
async fn a_sqlite_log_continues_after_it_was_only_dropped() {
    let database = Sqlite::new();
    let before = database.open().await;
    let receipt = fill(&before).await;

    drop(before);

    assert_continues(&database.open().await, &receipt).await;
}

#[tokio::test]
async fn a_postgres_log_continues_after_it_was_closed() {
    with_postgres(async |database: Database| {
        let before = database.open().await;
        let receipt = fill(&before).await;

        before.close().await;

        assert_continues(&database.open().await, &receipt).await;
    })
    .await;
}

#[tokio::test]
async fn a_postgres_log_continues_after_it_was_only_dropped() {
    with_postgres(async |database: Database| {
        let before = database.open().await;
        let receipt = fill(&before).await;

        drop(before);

        assert_continues(&database.open().await, &receipt).await;
    })
    .await;
}

async fn assert_closed(log: &dyn Log) {
    let refused = log.append(one_event(9, 9, 0)).await.unwrap_err();
    assert!(matches!(
        refused,
        AppendError::Unavailable {
            outcome_unknown: false,
            ..
        }
    ));
    let unread = log.head().await.unwrap_err();
    assert!(matches!(unread, ReadError::Unavailable(_)));
}

#[tokio::test]
async fn a_closed_sqlite_log_is_unavailable() {
    let database = Sqlite::new();
    let log = database.open().await;

    log.close().await;
    log.close().await;

    assert_closed(&log).await;
}

#[tokio::test]
async fn a_closed_postgres_log_is_unavailable() {
    with_postgres(async |database: Database| {
        let log = database.open().await;

        log.close().await;
        log.close().await;

        assert_closed(&log).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_stores_what_is_waiting() {
    let database = Sqlite::new();
    let log = Arc::new(database.open().await);
    let appends = (1..=50).map(|number| {
        let log = log.clone();
        async move { log.append(one_event(number, number, 0)).await }
    });

    // The appends are polled first, so all of them wait in the queue when it is closed.
    let (results, ()) = tokio::join!(join_all(appends), log.close());

    assert!(results.iter().all(Result::is_ok));
    assert_gapless(&all(&database.open().await).await, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_log_is_busy_when_too_much_waits() {
    let database = Sqlite::new();
    let limits = QueueLimits {
        appends: 2,
        ..QueueLimits::default()
    };
    let log = SqliteLog::open_with(&database.file(), limits).await.unwrap();
    let mut other = SqliteConnection::connect(&format!("sqlite:{}", database.file().display()))
        .await
        .unwrap();
    sqlx::raw_sql("begin immediate")
        .execute(&mut other)
        .await
        .unwrap();

    let mut waiting: FuturesUnordered<_> = (1..=10_u64)
        .map(|number| log.append(one_event(number, number, 0)))
        .collect();
    let busy = waiting.next().await.unwrap();
    sqlx::raw_sql("rollback").execute(&mut other).await.unwrap();
    let rest: Vec<_> = waiting.collect().await;

    assert!(matches!(busy, Err(AppendError::Busy { retry_after }) if !retry_after.is_zero()));
    let accepted = rest.iter().filter(|result| result.is_ok()).count() as u64;
    assert!(accepted >= 2);
    assert_gapless(&all(&log).await, accepted);
}

/// PostgreSQL takes no NUL in a text; such an append is refused alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_the_database_does_not_take_does_not_fail_its_neighbours() {
    with_postgres(async |database: Database| {
        let log = database.open().await;
        let mut bad = one_event(1, 1, 0);
        bad.command.trace = Some("\0".to_owned());
        let good = (2..=20).map(|number| one_event(number, number, 0));

        let results = join_all(std::iter::once(bad).chain(good).map(|append| log.append(append))).await;

        assert!(matches!(
            results[0],
            Err(AppendError::Unavailable {
                outcome_unknown: false,
                ..
            })
        ));
        assert!(results[1..].iter().all(Result::is_ok));
        assert_gapless(&all(&log).await, 19);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_log_goes_on_after_its_connections_were_cut() {
    with_postgres(async |database: Database| {
        let log = database.open().await;
        fill(&log).await;

        cut_connections(&database).await;
        let cut = log.append(one_event(4, 4, 0)).await;
        log.append(one_event(5, 5, 0)).await.unwrap();

        assert!(matches!(
            cut,
            Err(AppendError::Unavailable {
                outcome_unknown: false,
                ..
            })
        ));
        assert_gapless(&all(&log).await, 3);
    })
    .await;
}

async fn cut_connections(database: &Database) {
    let mut connection = PgConnection::connect(&database.0).await.unwrap();
    sqlx::raw_sql(
        "select pg_terminate_backend(pid, 5000)
        from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()",
    )
    .execute(&mut connection)
    .await
    .unwrap();
}

/// One node of several, that appends to streams it shares with the others until all its appends are accepted.
async fn append_on_a_node(log: Arc<PostgresLog>, node: u64) {
    for number in 0..40 {
        let stream = number % 4;
        loop {
            let version = log.versions(&[write(stream, 0, vec![]).stream]).await.unwrap()[0];
            match log
                .append(one_event(node * 1_000 + number, stream, version))
                .await
            {
                Ok(_) => break,
                Err(AppendError::Conflict { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_on_one_postgres_share_one_gapless_log() {
    with_postgres(async |database: Database| {
        let (one, two) = tokio::join!(database.open(), database.open());
        let (one, two, reader) = (Arc::new(one), Arc::new(two), database.open().await);
        let writers = [(one.clone(), 1), (one, 2), (two.clone(), 3), (two, 4)]
            .map(|(log, node)| tokio::spawn(append_on_a_node(log, node)));

        // The third node learns of what the others append by its tail alone.
        let mut tail = reader.tail();
        let mut seen = Position::START;
        while seen < Position(160) {
            let told = *tail.wait_for(|position| *position > seen).await.unwrap();
            let news = Query::forward(Filter::All).after(seen).until(told);
            let news: Vec<_> = reader.read(news).try_collect().await.unwrap();
            let positions = news.iter().map(|event| event.envelope.position.0);
            assert!(positions.eq(seen.0 + 1..=told.0));
            let everything = all(&reader).await;
            assert_gapless(&everything, everything.len() as u64);
            seen = told;
        }

        for writer in writers {
            writer.await.unwrap();
        }
        assert_gapless(&all(&reader).await, 160);
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_as_such() {
    let refused = PostgresLog::connect("postgres://nobody@127.0.0.1:1/none").await;
    assert!(matches!(refused, Err(OpenError::Database(_))));

    let unreadable = PostgresLog::connect("not an address").await;
    assert!(matches!(unreadable, Err(OpenError::Address(_))));
}
