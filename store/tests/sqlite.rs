//! How SQLite is built and used: what a log in a file costs beside what is in it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests, and a skipped test says so"
)]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use futures::{TryStreamExt, future::try_join_all};
use rusqlite::Connection;
use store::{
    contract::{append, event, write},
    log::{Append, Filter, Log, NewEvent, Query},
    sqlite::SqliteLog,
};
use support::Sqlite;

/// Callers that append and read without a pause.
const CALLERS: usize = 16;
/// Together about 120 MiB of the write-ahead log.
const COMMANDS: u64 = 8_000;
const PAYLOAD_BYTES: usize = 8 * 1024;
/// The appender starts it anew from 16 MiB on, as soon as no reader is in the way.
const MOST_BYTES: u64 = 48 * 1024 * 1024;

fn large(number: u64) -> Append {
    let payload = format!(r#"{{"text":"{}"}}"#, "x".repeat(PAYLOAD_BYTES));
    let event = NewEvent {
        payload: payload.into_bytes(),
        ..event("happened")
    };
    Append {
        writes: vec![write(number, 0, vec![event])],
        ..append(number)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_write_ahead_log_does_not_grow_while_nobody_pauses() {
    let place = Sqlite::new();
    let log = Arc::new(SqliteLog::open(&place.file()).await.unwrap());
    let next = Arc::new(AtomicU64::new(1));

    let callers = (0..CALLERS).map(|_| {
        let (log, next) = (log.clone(), next.clone());
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number > COMMANDS {
                    return;
                }
                let append = large(number);
                let stream = append.writes[0].stream;
                log.append(append).await.unwrap();
                let read: Vec<_> = log
                    .read(Query::forward(Filter::Stream(stream)))
                    .try_collect()
                    .await
                    .unwrap();
                assert_eq!(read.len(), 1);
            }
        })
    });
    try_join_all(callers).await.unwrap();

    let ahead = std::fs::metadata(place.folder().join("log.db-wal"))
        .unwrap()
        .len();
    assert!(ahead < MOST_BYTES, "the write-ahead log has {ahead} bytes");
    assert_eq!(log.head().await.unwrap().0, COMMANDS);
    log.close().await;
}

#[test]
fn sqlite_is_built_as_the_configuration_says() {
    let connection = Connection::open_in_memory().unwrap();
    let mut select = connection.prepare("pragma compile_options").unwrap();
    let options: Vec<String> = select
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let has = |option: &str| options.iter().any(|it| it == option);

    assert!(has("ENABLE_QPSG"), "{options:?}");
    assert!(has("DEFAULT_MEMSTATUS=0"), "{options:?}");
    assert!(!has("ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
}
