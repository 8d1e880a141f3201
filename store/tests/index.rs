//! The file beside a SQLite log that finds events and receipts by id: whatever happens to it, answers stay right.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests, and a skipped test says so"
)]

mod support;

use std::{fs, path::PathBuf};

use domain::ids::CommandId;
use futures::TryStreamExt;
use store::{
    contract::{append, event, write},
    log::{Append, AppendError, Filter, Log, Query},
    sqlite::SqliteLog,
};
use support::Sqlite;

/// Commands of a history: enough for the thread to be woken several times, each on a stream of its own.
const COMMANDS: u64 = 1_500;

fn index(place: &Sqlite) -> PathBuf {
    place.folder().join("log-index.db")
}

fn one(number: u64) -> Append {
    Append {
        writes: vec![write(number, 0, vec![event("happened")])],
        ..append(number)
    }
}

/// A command that changes nothing.
fn nothing(number: u64) -> Append {
    Append {
        writes: vec![],
        ..append(number)
    }
}

async fn open(place: &Sqlite) -> SqliteLog {
    SqliteLog::open(&place.file()).await.unwrap()
}

async fn fill(log: &SqliteLog, commands: std::ops::RangeInclusive<u64>) {
    for number in commands {
        log.append(one(number)).await.unwrap();
    }
}

/// Asserts that the log's index says of every command that it was done, and of the log's organisation that it has so many
/// events.
async fn assert_finds(log: &SqliteLog, done: std::ops::RangeInclusive<u64>, events: usize) {
    let tenant = append(1).command.tenant;
    let found: Vec<_> = log
        .read(Query::forward(Filter::Tenant(tenant)))
        .try_collect()
        .await
        .unwrap();
    assert_eq!(found.len(), events);
    for number in done {
        let receipt = log.receipt(one(number).command.command_id).await.unwrap();
        assert_eq!(
            receipt.map(|receipt| receipt.command_id),
            Some(one(number).command.command_id)
        );
    }
}

async fn is_duplicate(log: &SqliteLog, again: Append) -> bool {
    let command: CommandId = again.command.command_id;
    match log.append(again).await {
        Err(AppendError::Duplicate(receipt)) => receipt.command_id == command,
        Ok(_) | Err(_) => false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_known_at_once_and_after_it_was_written_down() {
    let place = Sqlite::new();
    let log = open(&place).await;

    for number in 1..=COMMANDS {
        log.append(one(number)).await.unwrap();
        // Some are in the file by now, the last is not.
        let earlier = number.div_ceil(2);
        assert!(is_duplicate(&log, one(number)).await, "{number}");
        assert!(is_duplicate(&log, one(earlier)).await, "{earlier} of {number}");
    }

    assert_finds(&log, 1..=COMMANDS, 1_500).await;
    log.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_changed_nothing_is_known_after_the_next_start() {
    let place = Sqlite::new();
    let log = open(&place).await;
    log.append(nothing(1)).await.unwrap();
    log.append(one(2)).await.unwrap();
    log.append(nothing(3)).await.unwrap();
    log.close().await;
    fs::remove_file(index(&place)).unwrap();

    let log = open(&place).await;

    for again in [nothing(1), one(2), nothing(3)] {
        assert!(is_duplicate(&log, again).await);
    }
    log.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_is_gone_is_made_anew() {
    let place = Sqlite::new();
    let log = open(&place).await;
    fill(&log, 1..=COMMANDS).await;
    log.close().await;
    fs::remove_file(index(&place)).unwrap();

    let log = open(&place).await;

    assert_finds(&log, 1..=COMMANDS, 1_500).await;
    assert!(is_duplicate(&log, one(7)).await);
    log.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_is_damaged_is_made_anew() {
    let place = Sqlite::new();
    let log = open(&place).await;
    fill(&log, 1..=20).await;
    log.close().await;

    for damage in [b"this is no database".to_vec(), vec![0; 8_192], vec![]] {
        fs::write(index(&place), damage).unwrap();
        let log = open(&place).await;

        assert_finds(&log, 1..=20, 20).await;
        assert!(is_duplicate(&log, one(7)).await);
        log.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_of_another_log_is_not_believed() {
    let (place, other) = (Sqlite::new(), Sqlite::new());
    let log = open(&place).await;
    fill(&log, 1..=10).await;
    log.close().await;
    let log = open(&other).await;
    fill(&log, 101..=120).await;
    log.close().await;
    fs::copy(index(&other), index(&place)).unwrap();

    let log = open(&place).await;

    assert_finds(&log, 1..=10, 10).await;
    assert!(log.append(one(101)).await.is_ok(), "it was done elsewhere only");
    assert!(is_duplicate(&log, one(1)).await);
    log.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_is_ahead_of_a_restored_log_is_made_anew_and_one_behind_catches_up() {
    let place = Sqlite::new();
    let log = open(&place).await;
    fill(&log, 1..=10).await;
    log.close().await;
    let (early_log, early_index) = (fs::read(place.file()).unwrap(), fs::read(index(&place)).unwrap());
    let log = open(&place).await;
    fill(&log, 11..=30).await;
    log.close().await;
    let late_log = fs::read(place.file()).unwrap();

    fs::write(place.file(), &early_log).unwrap();
    let log = open(&place).await;
    assert_finds(&log, 1..=10, 10).await;
    assert!(log.append(one(11)).await.is_ok(), "the log has forgotten it");
    log.close().await;

    fs::write(place.file(), &late_log).unwrap();
    fs::write(index(&place), &early_index).unwrap();
    let log = open(&place).await;
    assert_finds(&log, 1..=30, 30).await;
    assert!(is_duplicate(&log, one(30)).await);
    log.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_a_restore_took_away_is_written_again() {
    let place = Sqlite::new();
    let log = open(&place).await;
    log.append(one(1)).await.unwrap();
    log.close().await;
    let early_log = fs::read(place.file()).unwrap();
    let log = open(&place).await;
    log.append(nothing(2)).await.unwrap();
    log.close().await;
    // The index ends with the same event in both, so it is believed; the receipt is not there to be found.
    fs::write(place.file(), &early_log).unwrap();

    let log = open(&place).await;
    assert!(!is_duplicate(&log, nothing(2)).await);
    log.append(one(3)).await.unwrap();
    assert!(is_duplicate(&log, nothing(2)).await);
    log.close().await;

    let log = open(&place).await;
    assert!(is_duplicate(&log, nothing(2)).await);
    log.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_just_appended_is_found_by_what_it_belongs_to() {
    let place = Sqlite::new();
    let log = open(&place).await;
    let tenant = append(1).command.tenant;

    for number in 1..=300_usize {
        log.append(one(number as u64)).await.unwrap();
        let last: Vec<_> = log
            .read(Query::backward(Filter::Tenant(tenant)).limit(1))
            .try_collect()
            .await
            .unwrap();
        assert_eq!(last.len(), 1);
        assert_eq!(last[0].envelope.position.0, number as u64);
    }
    log.close().await;
}
