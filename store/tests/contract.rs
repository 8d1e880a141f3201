//! The contract suite on every back end, and what only a back end that keeps its data can show.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests, and a skipped test says so"
)]

mod support;

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use domain::{
    envelope::{Position, Recorded, StreamId},
    ids::CommandId,
    time::Instant,
};
use futures::{
    StreamExt, TryStreamExt,
    future::join_all,
    stream::{self, FuturesUnordered},
};
use sqlx::{Connection, PgConnection, SqliteConnection};
use store::{
    appender::QueueLimits,
    contract::{CASES, Home, Kept, append, event, run, run_kept, write},
    hash::{BEFORE_THE_FIRST, hash, verify},
    log::{
        Append, AppendError, Capabilities, Direction, Events, Filter, Log, Query, ReadError, Receipt,
        event_matches,
    },
    memory::MemoryLog,
    open_error::OpenError,
    postgres::PostgresLog,
    sqlite::SqliteLog,
};
use support::{Database, Sqlite, with_postgres};
use tokio::sync::watch;

#[async_trait]
impl Home for Sqlite {
    async fn open(&self, limits: QueueLimits) -> Arc<dyn Kept> {
        Arc::new(SqliteLog::open_with(&self.file(), limits).await.unwrap())
    }
}

#[async_trait]
impl Home for Database {
    async fn open(&self, limits: QueueLimits) -> Arc<dyn Kept> {
        Arc::new(PostgresLog::connect_with(&self.0, limits).await.unwrap())
    }
}

macro_rules! memory_cases {
    ($($case:ident)*) => {
        mod memory {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    run(stringify!($case), Arc::new(MemoryLog::new())).await;
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
                    run(stringify!($case), database.open(QueueLimits::default()).await).await;
                }
            )*
        }
    };
}
store::contract_cases!(sqlite_cases);

macro_rules! sqlite_kept_cases {
    ($($case:ident)*) => {
        mod sqlite_kept {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    run_kept(stringify!($case), &Sqlite::new()).await;
                }
            )*
        }
    };
}
store::kept_cases!(sqlite_kept_cases);

macro_rules! postgres_cases {
    ($($case:ident)*) => {
        mod postgres {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    with_postgres(async |database: Database| {
                        run(stringify!($case), database.open(QueueLimits::default()).await).await;
                    })
                    .await;
                }
            )*
        }
    };
}
store::contract_cases!(postgres_cases);

macro_rules! postgres_kept_cases {
    ($($case:ident)*) => {
        mod postgres_kept {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    with_postgres(async |database: Database| {
                        run_kept(stringify!($case), &database).await;
                    })
                    .await;
                }
            )*
        }
    };
}
store::kept_cases!(postgres_kept_cases);

/// Whoever leaves a case out, or puts one in twice, sees it here; and every capability is asked for by some case.
#[test]
fn the_suite_has_its_cases_once_and_says_what_they_need() {
    let names: HashSet<_> = CASES.iter().map(|(name, _)| *name).collect();
    let needed: HashSet<_> = CASES
        .iter()
        .flat_map(|(_, needs)| needs.iter().copied())
        .collect();

    assert_eq!(names.len(), CASES.len());
    assert!(CASES.len() >= 150, "{} cases", CASES.len());
    assert_eq!(
        needed,
        HashSet::from(["gapless", "multi_stream", "isolated", "large_appends"])
    );
}

/// A log that can do less, as another back end may: it leaves gaps between positions, and takes one stream at a time.
/// What the suite asks of such a log must hold here.
struct Lesser {
    below: MemoryLog,
    tail: watch::Sender<Position>,
}

impl Lesser {
    fn new() -> Self {
        Self {
            below: MemoryLog::new(),
            tail: watch::Sender::new(Position::START),
        }
    }

    /// Every event at its position here, and with the hash that this gives.
    async fn everything(&self) -> Result<Vec<Recorded>, ReadError> {
        let mut events: Vec<_> = self.below.read(Query::forward(Filter::All)).try_collect().await?;
        let mut previous = BEFORE_THE_FIRST;
        for event in &mut events {
            event.envelope.position = spread(event.envelope.position);
            previous = hash(&previous, &event.envelope, &event.payload);
            event.envelope.hash = previous;
        }
        Ok(events)
    }

    async fn select(&self, query: Query) -> Result<Vec<Recorded>, ReadError> {
        let mut events = self.everything().await?;
        events.retain(|event| {
            let position = event.envelope.position;
            let is_behind = query.after.is_none_or(|after| match query.direction {
                Direction::Forward => position > after,
                Direction::Backward => position < after,
            });
            let is_within = query.until.is_none_or(|until| position <= until);
            is_behind && is_within && event_matches(&query.filter, &event.envelope)
        });
        if query.direction == Direction::Backward {
            events.reverse();
        }
        events.truncate(
            query
                .limit
                .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)),
        );
        Ok(events)
    }
}

/// A position here: two are left out before every event.
fn spread(position: Position) -> Position {
    Position(position.0 * 3)
}

fn spread_receipt(receipt: Receipt) -> Receipt {
    Receipt {
        first: receipt.first.map(spread),
        position: spread(receipt.position),
        ..receipt
    }
}

#[async_trait]
impl Log for Lesser {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            gapless: false,
            multi_stream: false,
            isolated: false,
            large_appends: false,
        }
    }

    async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        assert!(append.writes.len() <= 1, "several streams in one append");
        match self.below.append(append).await {
            Ok(receipt) => {
                let receipt = spread_receipt(receipt);
                self.tail.send_if_modified(|tail| {
                    let is_later = receipt.position > *tail;
                    *tail = receipt.position.max(*tail);
                    is_later
                });
                Ok(receipt)
            }
            Err(AppendError::Duplicate(receipt)) => {
                Err(AppendError::Duplicate(Box::new(spread_receipt(*receipt))))
            }
            Err(other) => Err(other),
        }
    }

    fn read(&self, query: Query) -> Events<'_> {
        stream::once(self.select(query))
            .map_ok(|events| stream::iter(events.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }

    async fn versions(&self, streams: &[StreamId]) -> Result<Vec<u64>, ReadError> {
        self.below.versions(streams).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.below.head().await.map(spread)
    }

    async fn position_at(&self, moment: Instant) -> Result<Position, ReadError> {
        self.below.position_at(moment).await.map(spread)
    }

    async fn last_recorded_at(&self) -> Result<Option<Instant>, ReadError> {
        self.below.last_recorded_at().await
    }

    async fn receipt(&self, command: CommandId) -> Result<Option<Receipt>, ReadError> {
        Ok(self.below.receipt(command).await?.map(spread_receipt))
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.tail.subscribe()
    }
}

macro_rules! lesser_cases {
    ($($case:ident)*) => {
        mod lesser {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    run(stringify!($case), Arc::new(Lesser::new())).await;
                }
            )*
        }
    };
}
store::contract_cases!(lesser_cases);

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
        let log = database.connect().await;
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
        let log = database.connect().await;
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
        let (one, two) = tokio::join!(database.connect(), database.connect());
        let (one, two, reader) = (Arc::new(one), Arc::new(two), database.connect().await);
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
