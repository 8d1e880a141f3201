//! Logs that earlier versions wrote: what they hold is there after the file was brought up to date.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests, and a skipped test says so"
)]

mod support;

use rusqlite::Connection;
use store::{
    contract::{append, event, write},
    log::{Append, AppendError, Log, Receipt},
    sqlite::SqliteLog,
};
use support::Sqlite;

/// The shape before receipts stood in the rows of events.
const BACK: &str = "
    create table old_receipts (
        command_id blob not null,
        tenant blob not null,
        input_hash blob not null,
        first_position integer,
        position integer not null,
        result blob not null,
        recorded_at integer not null,
        constraint receipts_pk primary key (position, command_id)
    ) strict, without rowid;
    insert into old_receipts
    select command_id, tenant, input_hash, first_position, position, result, recorded_at from receipts;
    drop view receipts;
    drop table receipts_apart;
    alter table old_receipts rename to receipts;
    alter table events drop column receipt_first;
    alter table events drop column receipt_input_hash;
    alter table events drop column receipt_result;
    delete from schema_migrations where name = '0018_keep_receipts_with_events';
";

fn wrote(number: u64, events: usize) -> Append {
    Append {
        writes: vec![write(number, 0, vec![event("happened"); events])],
        result: vec![b'r'; events],
        ..append(number)
    }
}

fn changed_nothing(number: u64) -> Append {
    Append {
        writes: vec![],
        ..append(number)
    }
}

fn commands() -> Vec<Append> {
    vec![
        changed_nothing(1),
        wrote(2, 1),
        changed_nothing(3),
        wrote(4, 3),
        wrote(5, 1),
        changed_nothing(6),
        changed_nothing(7),
    ]
}

async fn receipts(log: &SqliteLog) -> Vec<Receipt> {
    let mut receipts = Vec::new();
    for command in commands() {
        let receipt = log.receipt(command.command.command_id).await.unwrap();
        receipts.push(receipt.unwrap());
    }
    receipts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_of_an_earlier_version_are_kept_with_what_they_say() {
    let place = Sqlite::new();
    let log = SqliteLog::open(&place.file()).await.unwrap();
    for command in commands() {
        log.append(command).await.unwrap();
    }
    let before = receipts(&log).await;
    log.close().await;
    let file = Connection::open(place.file()).unwrap();
    file.execute_batch(BACK).unwrap();
    let stored: i64 = file
        .query_row("select count(*) from receipts", [], |row| row.get(0))
        .unwrap();
    drop(file);

    let log = SqliteLog::open(&place.file()).await.unwrap();

    assert_eq!(stored, 7);
    assert_eq!(receipts(&log).await, before);
    for command in commands() {
        let again = log.append(command).await;
        assert!(matches!(again, Err(AppendError::Duplicate(_))), "{again:?}");
    }
    log.close().await;
}
