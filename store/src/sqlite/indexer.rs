//! The thread that fills the index of the log, and the mailbox it is told through.

use std::{
    collections::HashMap,
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{envelope::Position, ids::CommandId};
use rusqlite::{Connection, Row, params};
use tokio::sync::watch;
use tracing::warn;
use uuid::Uuid;

use super::entries::{Entries, Link};
use crate::{
    batch::Batch,
    rows::{link_kind, stored, unsigned},
};

/// Rows that are written together, unless somebody waits or nothing more comes: sorted, many of them meet on a page.
const TOGETHER: usize = 131_072;

/// Batches and bytes of payloads after which the thread is woken to take them. To wake it for each costs the appender more
/// than the batch.
const FULL: usize = 512;
const FULL_BYTES: usize = 1024 * 1024;

/// How long rows wait for the mailbox to fill before they are written.
const QUIET: Duration = Duration::from_millis(100);

/// How long to wait after they could not be written.
const RETRY: Duration = Duration::from_secs(1);

/// How far the thread is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// How many batches and entries are in the index.
    pub(super) done: u64,
    /// How often it could not be written.
    pub(super) failures: u64,
}

/// Receipts that may not be in the file yet.
#[derive(Debug, Default)]
pub(super) struct Fresh(Mutex<HashMap<CommandId, Position>>);

impl Fresh {
    /// The map, for as long as it is looked at or changed.
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<CommandId, Position>> {
        // A map is whole after each of its methods, whatever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what is in the file now, and was said to be.
    pub(super) fn forget(&self, commands: &[(CommandId, Position)]) {
        let mut fresh = self.lock();
        for (command, _) in commands {
            fresh.remove(command);
        }
    }
}

/// What the thread is told.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    letters: Mutex<Letters>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct Letters {
    /// Batches that were stored.
    batches: Vec<Batch>,
    bytes: usize,
    /// What was not told when it was stored.
    rest: Vec<Entries>,
    /// Somebody waits for what is told.
    is_urgent: bool,
    /// Nobody will tell anything more.
    is_over: bool,
}

impl Letters {
    const fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.rest.is_empty()
    }

    const fn is_full(&self) -> bool {
        self.batches.len() >= FULL || self.bytes >= FULL_BYTES || !self.rest.is_empty()
    }
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Letters> {
        // Lists and flags are whole after each step, whatever panicked.
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a batch in. The thread is woken when it was empty, so that it begins to wait for more, and when it is full.
    pub(super) fn put(&self, batch: Batch) {
        let mut letters = self.lock();
        let (was_empty, was_full) = (letters.is_empty(), letters.is_full());
        letters.bytes += batch
            .events
            .iter()
            .map(|event| event.payload.len())
            .sum::<usize>();
        letters.batches.push(batch);
        if was_empty || (letters.is_full() && !was_full) {
            self.arrived.notify_one();
        }
    }

    /// Puts in what was not told when it was stored.
    pub(super) fn put_rest(&self, rest: Entries) {
        self.lock().rest.push(rest);
        self.arrived.notify_one();
    }

    /// Has everything written that was put in.
    pub(super) fn hurry(&self) {
        self.lock().is_urgent = true;
        self.arrived.notify_one();
    }

    /// Has everything written, and ends the thread.
    pub(super) fn end(&self) {
        self.lock().is_over = true;
        self.arrived.notify_one();
    }

    /// What was put in, at the latest after so long; without a time, once there is something.
    fn take(&self, patience: Option<Duration>) -> Letters {
        let nothing = |letters: &mut Letters| !letters.is_urgent && !letters.is_over && letters.is_empty();
        let not_full = |letters: &mut Letters| !letters.is_urgent && !letters.is_over && !letters.is_full();
        let letters = self.lock();
        let mut letters = match patience {
            None => self.arrived.wait_while(letters, nothing),
            Some(patience) => self
                .arrived
                .wait_timeout_while(letters, patience, not_full)
                .map(|(letters, _)| letters)
                .map_err(|poisoned| PoisonError::new(poisoned.into_inner().0)),
        }
        .unwrap_or_else(PoisonError::into_inner);
        let is_over = letters.is_over;
        let taken = mem::take(&mut *letters);
        letters.is_over = is_over;
        taken
    }
}

/// Fills the index until nobody can tell anything more.
pub(super) fn run(
    mut connection: Connection,
    mailbox: &Mailbox,
    fresh: &Fresh,
    progress: &watch::Sender<Progress>,
) {
    let mut waiting = Waiting::default();
    loop {
        let letters = mailbox.take(waiting.patience());
        let was_quiet = !letters.is_full();
        let (is_urgent, is_over) = (letters.is_urgent, letters.is_over);
        let had_some = waiting.count > 0;
        waiting.add(letters);
        let is_time = is_urgent || is_over || (had_some && was_quiet) || waiting.entries.rows() >= TOGETHER;
        if is_time {
            waiting.write(&mut connection, fresh, progress);
        }
        if is_over {
            return;
        }
    }
}

/// What is not written yet.
#[derive(Default)]
struct Waiting {
    entries: Entries,
    count: u64,
    has_failed: bool,
}

impl Waiting {
    const fn patience(&self) -> Option<Duration> {
        match (self.count, self.has_failed) {
            (0, _) => None,
            (_, false) => Some(QUIET),
            (_, true) => Some(RETRY),
        }
    }

    fn add(&mut self, letters: Letters) {
        self.count += (letters.batches.len() + letters.rest.len()) as u64;
        for batch in &letters.batches {
            self.entries.extend(Entries::of(batch));
        }
        for rest in letters.rest {
            self.entries.extend(rest);
        }
    }

    /// Writes everything, or keeps it for the next time.
    fn write(&mut self, connection: &mut Connection, fresh: &Fresh, progress: &watch::Sender<Progress>) {
        if self.count == 0 {
            return;
        }
        self.entries.links.sort_unstable();
        self.entries.commands.sort_unstable();
        match write(connection, &self.entries) {
            Ok(()) => {
                progress.send_modify(|progress| progress.done += self.count);
                fresh.forget(&self.entries.commands);
                *self = Self::default();
            }
            Err(error) => {
                warn!(error = %error, "the index of the log was not written, will retry");
                progress.send_modify(|progress| progress.failures += 1);
                self.has_failed = true;
            }
        }
    }
}

fn write(connection: &mut Connection, entries: &Entries) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction
            .prepare_cached("insert or ignore into links (id, kind, position) values (?, ?, ?)")?;
        for (id, kind, position) in &entries.links {
            insert.execute(params![id.as_bytes(), kind, position])?;
        }
        let mut insert =
            transaction.prepare_cached("insert or replace into commands (id, position) values (?, ?)")?;
        for (command, position) in &entries.commands {
            insert.execute(params![command.uuid().as_bytes(), stored(*position)])?;
        }
        if let Some((position, hash)) = &entries.end {
            transaction
                .prepare_cached("insert or replace into reached (one, position, hash) values (1, ?, ?)")?
                .execute(params![stored(*position), hash])?;
        }
    }
    transaction.commit()
}

/// Events behind a position, at most so many, and the receipts from one position up to the last of these events. Without
/// an end there are no more events.
pub(super) fn rest(
    log: &Connection,
    after: Position,
    receipts_from: Position,
    limit: i64,
) -> rusqlite::Result<Entries> {
    let mut entries = Entries::default();
    let mut select = log.prepare_cached(
        "select position, hash, tenant, correlation_id, links, subjects
        from events
        where position > ?
        order by position
        limit ?",
    )?;
    let mut rows = select.query(params![stored(after), limit])?;
    while let Some(row) = rows.next()? {
        entries.end = Some((Position(unsigned(row.get(0)?)), row.get(1)?));
        add_links(&mut entries.links, row)?;
    }
    let last = entries.end.map_or(after, |(position, _)| position);
    let mut select =
        log.prepare_cached("select command_id, position from receipts where position between ? and ?")?;
    let mut rows = select.query(params![stored(receipts_from), stored(last)])?;
    while let Some(row) = rows.next()? {
        let command = CommandId::new(Uuid::from_bytes(row.get(0)?));
        entries.commands.push((command, Position(unsigned(row.get(1)?))));
    }
    Ok(entries)
}

fn add_links(links: &mut Vec<Link>, row: &Row<'_>) -> rusqlite::Result<()> {
    let position = row.get(0)?;
    links.push((Uuid::from_bytes(row.get(2)?), link_kind::TENANT, position));
    links.push((Uuid::from_bytes(row.get(3)?), link_kind::CORRELATION, position));
    for (column, kind) in [(4, link_kind::LINK), (5, link_kind::SUBJECT)] {
        let (ids, _) = row.get_ref(column)?.as_blob()?.as_chunks::<16>();
        links.extend(ids.iter().map(|id| (Uuid::from_bytes(*id), kind, position)));
    }
    Ok(())
}
