//! The limit by hand on SQLite: one thread with rusqlite takes what waits into one transaction. Its events have no
//! tenant, links, receipts or hash chain; what is compared is the price of these.

use std::{
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
};

use anyhow::Result;
use async_trait::async_trait;
use domain::{
    aggregate::Aggregate,
    availability::{Availability, AvailabilityCommand, events::AvailabilityEvent},
    event::Event,
};
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::oneshot;
use workload::{
    availability::{Step, context},
    measure::{self, Round},
};

use crate::contender::{Contender, Load};

/// One writer, group commit.
#[derive(Debug)]
pub(crate) struct HandWrittenSqlite;

const TABLE: &str = "
    create table events (
        position integer primary key,
        stream blob not null,
        version integer not null,
        type text not null,
        payload blob not null,
        unique (stream, version)
    ) strict";

struct Append {
    stream: [u8; 16],
    version: i64,
    name: &'static str,
    payload: Vec<u8>,
    answer: oneshot::Sender<bool>,
}

fn open(file: &Path) -> Result<Connection> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

/// Stores what waits until nobody can send any more.
fn write(file: &Path, appends: &mpsc::Receiver<Append>) -> Result<()> {
    let mut connection = open(file)?;
    while let Ok(first) = appends.recv() {
        let batch: Vec<_> = std::iter::once(first).chain(appends.try_iter()).collect();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut stored = Vec::with_capacity(batch.len());
        {
            let mut insert = transaction.prepare_cached(
                "insert or ignore into events (stream, version, type, payload) values (?, ?, ?, ?)",
            )?;
            for append in &batch {
                let rows = insert.execute(params![
                    append.stream,
                    append.version,
                    append.name,
                    append.payload
                ])?;
                stored.push(rows == 1);
            }
        }
        transaction.commit()?;
        for (append, stored) in batch.into_iter().zip(stored) {
            append.answer.send(stored).unwrap_or_default();
        }
    }
    Ok(())
}

/// Reads a stream and folds it.
fn load(connection: &Connection, stream: [u8; 16]) -> Result<(Availability, i64)> {
    let mut select =
        connection.prepare_cached("select type, payload from events where stream = ? order by version")?;
    let mut rows = select.query([stream])?;
    let (mut state, mut version) = (Availability::default(), 0);
    while let Some(row) = rows.next()? {
        let name = row.get_ref(0)?.as_str()?;
        let event = AvailabilityEvent::decode(name, 1, row.get_ref(1)?.as_blob()?)?;
        state = state.evolve(&event);
        version += 1;
    }
    Ok((state, version))
}

struct Caller {
    connections: readers::Pool,
    queue: mpsc::Sender<Append>,
}

/// A handful of connections that read, taken in turns.
mod readers {
    use std::sync::Mutex;

    use rusqlite::Connection;

    pub(super) struct Pool(Mutex<Vec<Connection>>);

    impl Pool {
        pub(super) const fn new(connections: Vec<Connection>) -> Self {
            Self(Mutex::new(connections))
        }

        pub(super) fn with<T>(&self, use_it: impl FnOnce(&Connection) -> T) -> T {
            let taken = self.0.lock().expect("nobody panics with it").pop();
            let connection = taken.expect("there are as many as callers");
            let result = use_it(&connection);
            self.0.lock().expect("nobody panics with it").push(connection);
            result
        }
    }
}

impl Caller {
    async fn run(&self, step: Step) -> Result<()> {
        let stream = *step.account().uuid().as_bytes();
        let (state, version) = self.connections.with(|connection| load(connection, stream))?;
        let command = AvailabilityCommand::DefineWeekly(step.command());
        for (event, version) in state.decide(&command, &context())?.into_iter().zip(version + 1..) {
            let (answer, answered) = oneshot::channel();
            self.queue.send(Append {
                stream,
                version,
                name: event.wire().name,
                payload: event.payload()?,
                answer,
            })?;
            anyhow::ensure!(answered.await?, "nobody else writes to this stream");
        }
        Ok(())
    }
}

#[async_trait]
impl Contender for HandWrittenSqlite {
    fn name(&self) -> &'static str {
        "hand-written group commit, rusqlite"
    }

    fn expected(&self, callers: u64) -> f64 {
        if callers == 1 { 5_000.0 } else { 25_000.0 }
    }

    async fn round(&self, folder: &Path, load: Load) -> Result<Round> {
        let file: PathBuf = folder.join("hand.db");
        open(&file)?.execute_batch(TABLE)?;
        let (queue, appends) = mpsc::channel();
        let writer = thread::spawn({
            let file = file.clone();
            move || write(&file, &appends)
        });
        let connections = (0..load.callers).map(|_| open(&file)).collect::<Result<_>>()?;
        let caller = std::sync::Arc::new(Caller {
            connections: readers::Pool::new(connections),
            queue,
        });
        let round = measure::tasks(load.callers, load.commands, move |step| {
            let caller = caller.clone();
            async move { caller.run(step).await.expect("the command is accepted") }
        })
        .await;
        writer.join().expect("the writer does not panic")?;
        Ok(round)
    }
}
