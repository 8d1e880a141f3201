//! Many writers that wait and are held up, beside sessions that hold and roll back, against a reader that follows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::envelope::{Position, Recorded};
use futures::TryStreamExt;
use sqlx::{Connection, PgConnection, SqliteConnection};
use store::{
    contract::{append, event, write},
    hash::{BEFORE_THE_FIRST, verify},
    log::{Append, AppendError, Filter, Log, Query},
    sqlite::SqliteLog,
};

use crate::{
    Numbers, quick_or_long,
    support::{Sqlite, with_postgres},
};

const WRITERS: u64 = 32;

fn quick_appends() -> u64 {
    quick_or_long(2_000, 100_000)
}

/// One writer: some wait a little between appends, some go on at once; every eighth append expects too little first
/// and is refused.
async fn write_on(log: Arc<dyn Log>, writer: u64, appends: u64, mut numbers: Numbers) -> u64 {
    let mut refused = 0;
    for number in 0..appends {
        if numbers.below(4) == 0 {
            tokio::time::sleep(Duration::from_micros(numbers.below(3_000))).await;
        }
        let of = |expected| Append {
            writes: vec![write(writer, expected, vec![event("written")])],
            ..append(writer * 1_000_000 + number)
        };
        if number % 8 == 7 {
            let conflict = log.append(of(number - 1)).await;
            assert!(
                matches!(conflict, Err(AppendError::Conflict { .. })),
                "{conflict:?}"
            );
            refused += 1;
        }
        log.append(of(number)).await.unwrap();
    }
    refused
}

/// Follows the tail until so many events were read; asserts that every page begins where the last one ended.
async fn follow(log: Arc<dyn Log>, count: u64) -> Vec<Recorded> {
    let mut tail = log.tail();
    let mut followed: Vec<Recorded> = Vec::new();
    let mut seen = Position::START;
    while seen < Position(count) {
        let told = *tail.wait_for(|position| *position > seen).await.unwrap();
        let page: Vec<_> = log
            .read(Query::forward(Filter::All).after(seen).until(told))
            .try_collect()
            .await
            .unwrap();
        let positions = page.iter().map(|event| event.envelope.position.0);
        assert!(
            positions.eq(seen.0 + 1..=told.0),
            "a hole between {seen} and {told}"
        );
        followed.extend(page);
        seen = told;
    }
    followed
}

/// The writers over these nodes, and the reader on its own; returns what it read.
async fn write_and_follow(
    nodes: &[Arc<dyn Log>],
    reader: Arc<dyn Log>,
    numbers: &mut Numbers,
) -> Vec<Recorded> {
    let each = quick_appends() / WRITERS;
    let follower = tokio::spawn(follow(reader, each * WRITERS));
    let writers: Vec<_> = (0..WRITERS)
        .zip(nodes.iter().cycle())
        .map(|(writer, node)| tokio::spawn(write_on(node.clone(), writer, each, numbers.fork())))
        .collect();
    let mut refused = 0;
    for writer in writers {
        refused += writer.await.unwrap();
    }
    assert!(refused > 0);
    let followed = follower.await.unwrap();
    assert_eq!(followed.len() as u64, each * WRITERS);
    assert!(verify(BEFORE_THE_FIRST, &followed).is_ok());
    followed
}

fn ids(events: &[Recorded]) -> Vec<(i64, [u8; 16])> {
    events
        .iter()
        .map(|event| {
            let position = i64::try_from(event.envelope.position.0).unwrap();
            (position, event.envelope.event_id.uuid().into_bytes())
        })
        .collect()
}

/// What other sessions do to the log's tables, and take back.
const INTERFERENCE: [&str; 4] = [
    "update log.head set position = position + 1000",
    "select * from log.head for update",
    "delete from log.events where position > (select max(position) - 5 from log.events)",
    "lock table log.events in share mode",
];

/// Holds and rolls back until it is told to stop; counts how often it did.
async fn interfere_with_postgres(
    address: String,
    stop: Arc<AtomicBool>,
    rolled_back: Arc<AtomicU64>,
    mut numbers: Numbers,
) {
    let mut session = PgConnection::connect(&address).await.unwrap();
    while !stop.load(Ordering::Relaxed) {
        let choice = usize::try_from(numbers.below(INTERFERENCE.len() as u64)).unwrap();
        sqlx::raw_sql("begin").execute(&mut session).await.unwrap();
        // It may be the one that a deadlock ends, which rolls it back as well.
        let held = sqlx::raw_sql(INTERFERENCE[choice]).execute(&mut session).await;
        tokio::time::sleep(Duration::from_micros(numbers.below(4_000))).await;
        sqlx::raw_sql("rollback").execute(&mut session).await.unwrap();
        rolled_back.fetch_add(u64::from(held.is_ok()), Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(10 + numbers.below(30))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_of_a_postgres_log_misses_nothing_among_sessions_that_roll_back() {
    with_postgres(async |database| {
        let mut numbers = Numbers::new();
        let (one, two) = tokio::join!(database.connect(), database.connect());
        let reader: Arc<dyn Log> = Arc::new(database.connect().await);
        let nodes: [Arc<dyn Log>; 2] = [Arc::new(one), Arc::new(two)];
        let (stop, rolled_back) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let sessions: Vec<_> = (0..4)
            .map(|_| {
                let (stop, rolled_back) = (stop.clone(), rolled_back.clone());
                tokio::spawn(interfere_with_postgres(
                    database.0.clone(),
                    stop,
                    rolled_back,
                    numbers.fork(),
                ))
            })
            .collect();

        let followed = write_and_follow(&nodes, reader, &mut numbers).await;
        stop.store(true, Ordering::Relaxed);
        for session in sessions {
            session.await.unwrap();
        }

        let mut connection = PgConnection::connect(&database.0).await.unwrap();
        let table: Vec<(i64, sqlx::types::Uuid)> =
            sqlx::query_as("select position, event_id from log.events order by position")
                .fetch_all(&mut connection)
                .await
                .unwrap();
        let table: Vec<_> = table
            .into_iter()
            .map(|(position, id)| (position, id.into_bytes()))
            .collect();
        assert!(ids(&followed) == table, "the reader's list is not the table");
        let rolled_back = rolled_back.load(Ordering::Relaxed);
        assert!(rolled_back > 0, "nothing was rolled back meanwhile");
        eprintln!(
            "{} events by {WRITERS} writers, {rolled_back} foreign rollbacks: no hole",
            followed.len()
        );
    })
    .await;
}

/// Another process, such as a tool, that takes SQLite's write lock, writes, and rolls back.
async fn interfere_with_sqlite(
    address: String,
    stop: Arc<AtomicBool>,
    rolled_back: Arc<AtomicU64>,
    mut numbers: Numbers,
) {
    let mut session = SqliteConnection::connect(&address).await.unwrap();
    while !stop.load(Ordering::Relaxed) {
        if sqlx::raw_sql("begin immediate")
            .execute(&mut session)
            .await
            .is_ok()
        {
            sqlx::raw_sql("delete from events where position > (select max(position) - 5 from events)")
                .execute(&mut session)
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_micros(numbers.below(4_000))).await;
            sqlx::raw_sql("rollback").execute(&mut session).await.unwrap();
            rolled_back.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(Duration::from_millis(10 + numbers.below(30))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_of_a_sqlite_log_misses_nothing_among_sessions_that_roll_back() {
    let mut numbers = Numbers::new();
    let database = Sqlite::new();
    let log: Arc<dyn Log> = Arc::new(SqliteLog::open(&database.file()).await.unwrap());
    let address = format!("sqlite:{}", database.file().display());
    let (stop, rolled_back) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let session = tokio::spawn(interfere_with_sqlite(
        address.clone(),
        stop.clone(),
        rolled_back.clone(),
        numbers.fork(),
    ));

    let followed = write_and_follow(std::slice::from_ref(&log), log.clone(), &mut numbers).await;
    stop.store(true, Ordering::Relaxed);
    session.await.unwrap();

    let mut connection = SqliteConnection::connect(&address).await.unwrap();
    let table: Vec<(i64, sqlx::types::Uuid)> =
        sqlx::query_as("select position, event_id from events order by position")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let table: Vec<_> = table
        .into_iter()
        .map(|(position, id)| (position, id.into_bytes()))
        .collect();
    assert!(ids(&followed) == table, "the reader's list is not the table");
    let rolled_back = rolled_back.load(Ordering::Relaxed);
    assert!(rolled_back > 0, "nothing was rolled back meanwhile");
    eprintln!(
        "{} events by {WRITERS} writers, {rolled_back} foreign rollbacks: no hole",
        followed.len()
    );
}
