//! What is found by an id: the events that belong to a thing, a person, a request or an organisation, and the receipts
//! of commands.
//!
//! It is a file of its own beside the log, filled behind it by a thread of its own, because ids come in no order: in the
//! log's file each of them is a page more in every commit. Nothing is in it that is not in the log. When it is absent,
//! damaged, or of another log, it is made anew; whoever asks for what is found by an id waits until it has caught up.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use domain::{envelope::Position, ids::CommandId};
use futures::executor::block_on;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::watch;
use tracing::warn;

use super::{
    LOCK_WAIT,
    entries::{Entries, commands},
    indexer::{self, Fresh, Mailbox, Progress},
};
use crate::{
    batch::Batch,
    log::ReadError,
    rows::{stored, unsigned},
};

/// Raised when the tables change: an index of another version is made anew.
const VERSION: i64 = 1;

const TABLES: &str = "
    create table links (
        id blob not null,
        -- What the id is of, see link_kind.
        kind integer not null,
        position integer not null,
        constraint links_pk primary key (id, kind, position)
    ) strict, without rowid;

    -- Where the receipt of a command stands.
    create table commands (
        id blob not null,
        position integer not null,
        constraint commands_pk primary key (id)
    ) strict, without rowid;

    -- The last event that is in the index, and its hash: another log has another one there.
    create table reached (
        one integer not null,
        position integer not null,
        hash blob not null,
        constraint reached_pk primary key (one),
        constraint reached_single check (one = 1)
    ) strict;";

/// Pages that the thread keeps while it fills the index.
const CACHE_KIB: i64 = 16 * 1024;

/// Pages of the write-ahead log after which they are moved to the file, by the same thread.
const CHECKPOINT_PAGES: i64 = 16_000;

/// How much of the file is looked at where the system keeps it: ids come in no order, so a cache of pages would be read into
/// for every look.
const MAPPED: i64 = 1024 * 1024 * 1024;

/// Events that are read together when the index catches up: sorted, the more of them the more meet on a page.
const CATCH_UP_EVENTS: i64 = 200_000;

/// Batches that may wait for the index; more, and appends wait too. A batch has at least one row.
const MOST_WAITING: u64 = 10_000;

/// The index could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("the index of the log cannot be used: {0}")]
pub(super) struct IndexError(String);

impl From<rusqlite::Error> for IndexError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<io::Error> for IndexError {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<IndexError> for ReadError {
    fn from(error: IndexError) -> Self {
        Self::Unavailable(error.into())
    }
}

/// What this process knows beyond the file.
#[derive(Debug, Default)]
struct Told {
    /// The last event it was told of.
    position: Position,
    /// How many batches and entries it was told of.
    count: u64,
}

/// The index and the thread that fills it.
#[derive(Debug)]
pub(super) struct Index {
    path: PathBuf,
    mailbox: Arc<Mailbox>,
    told: Mutex<Told>,
    fresh: Arc<Fresh>,
    progress: watch::Receiver<Progress>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Where the index of a log is: beside it.
pub(crate) fn path(log: &Path) -> PathBuf {
    let name = log.file_stem().unwrap_or_default().to_string_lossy();
    log.with_file_name(format!("{name}-index.db"))
}

impl Index {
    /// Opens the index of a log, makes it when it is absent or not of this log, and brings it up to the log's end.
    ///
    /// # Errors
    /// When neither can be had, or one of the files cannot be read.
    pub(super) fn open(log: &Path) -> Result<Self, IndexError> {
        let path = path(log);
        let log = open_log(log)?;
        let connection = match usable(&path, &log) {
            Ok(Some(connection)) => connection,
            Ok(None) => create(&path)?,
            Err(error) => {
                warn!(error = %error, "the index of the log is not usable, it is made anew");
                create(&path)?
            }
        };
        let position = reached(&connection)?.map_or(Position::START, |(position, _)| position);
        let mailbox = Arc::new(Mailbox::default());
        let (progress, seen) = watch::channel(Progress::default());
        let fresh = Arc::new(Fresh::default());
        let thread = thread::Builder::new().name("log-indexer".to_owned()).spawn({
            let (mailbox, fresh) = (mailbox.clone(), fresh.clone());
            move || indexer::run(connection, &mailbox, &fresh, &progress)
        })?;
        let index = Self {
            path,
            mailbox,
            told: Mutex::new(Told { position, count: 0 }),
            fresh,
            progress: seen,
            thread: Mutex::new(Some(thread)),
        };
        index.catch_up(&log)?;
        block_on(index.reach())?;
        Ok(index)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        // Two numbers that are written one after the other; too low a one only tells the same again.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of a batch that is durable.
    pub(super) fn tell(&self, batch: Batch) {
        self.fresh.lock().extend(commands(&batch));
        let mut told = self.told();
        told.position = batch.head().position;
        told.count += 1;
        self.mailbox.put(batch);
    }

    /// Tells of everything in the log that it was not told of: what an earlier life left, what a tool wrote, and what was
    /// stored although nobody was told so. Receipts at the last position may be told of twice.
    pub(super) fn catch_up(&self, log: &Connection) -> Result<(), IndexError> {
        let mut after = self.position();
        let mut receipts_from = after;
        loop {
            let rest = indexer::rest(log, after, receipts_from, CATCH_UP_EVENTS)?;
            let is_last = rest.end.is_none();
            after = rest.end.map_or(after, |(position, _)| position);
            receipts_from = after.next();
            self.tell_rest(rest, after);
            if is_last {
                return Ok(());
            }
            block_on(self.reach())?;
        }
    }

    fn tell_rest(&self, rest: Entries, position: Position) {
        if rest.rows() == 0 {
            return;
        }
        self.fresh.lock().extend(rest.commands.iter().copied());
        let mut told = self.told();
        told.position = position;
        told.count += 1;
        self.mailbox.put_rest(rest);
    }

    /// Where it was told that the log ends.
    pub(super) fn position(&self) -> Position {
        self.told().position
    }

    /// Waits while too much is waiting for the index.
    pub(super) async fn keep_up(&self) -> Result<(), IndexError> {
        let waiting = self.told().count - self.progress.borrow().done;
        if waiting > MOST_WAITING {
            self.reach().await?;
        }
        Ok(())
    }

    /// Waits until everything that it was told of is in the file.
    pub(super) async fn reach(&self) -> Result<(), IndexError> {
        let count = self.told().count;
        let mut progress = self.progress.clone();
        let before = *progress.borrow_and_update();
        if before.done >= count {
            return Ok(());
        }
        self.mailbox.hurry();
        let seen = progress
            .wait_for(|now| now.done >= count || now.failures > before.failures)
            .await;
        match seen {
            Ok(now) if now.done >= count => Ok(()),
            Ok(_) => Err(IndexError("it could not be written".to_owned())),
            Err(_) => Err(IndexError("its thread ended".to_owned())),
        }
    }

    /// Where the receipt of a command stands, as far as that is not in the file.
    pub(super) fn fresh(&self, command: CommandId) -> Option<Position> {
        self.fresh.lock().get(&command).copied()
    }

    /// The file, for a connection that reads it.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A connection of its own that looks receipts up.
    pub(super) fn lookup(&self) -> Result<Lookup, IndexError> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(LOCK_WAIT)?;
        connection.pragma_update(None, "query_only", "on")?;
        connection.pragma_update(None, "mmap_size", MAPPED)?;
        Ok(Lookup {
            connection,
            seen: None,
        })
    }

    /// Writes down what it was told, and closes the file.
    pub(super) async fn close(&self) {
        if let Err(error) = self.reach().await {
            warn!(error = %error, "the index of the log is behind, it will catch up");
        }
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.mailbox.end();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(|| thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                warn!("the thread that fills the index of the log ended early");
            }
        }
    }
}

/// The thread ends with whoever could tell it anything.
impl Drop for Index {
    fn drop(&mut self) {
        self.mailbox.end();
    }
}

/// Looks receipts up for the connection that appends.
#[derive(Debug)]
pub(super) struct Lookup {
    connection: Connection,
    /// What was in the file when the open read transaction began. It is kept until there is more.
    seen: Option<u64>,
}

impl Lookup {
    /// Where the receipts of commands stand, of those that have one.
    pub(super) fn positions(
        &mut self,
        index: &Index,
        commands: &[CommandId],
    ) -> Result<Vec<(CommandId, Position)>, IndexError> {
        // First what may not be in the file: it is forgotten only after it is there, and after the thread has said so.
        let (mut found, mut others) = (Vec::new(), Vec::with_capacity(commands.len()));
        {
            let fresh = index.fresh.lock();
            for command in commands {
                match fresh.get(command) {
                    Some(position) => found.push((*command, *position)),
                    None => others.push(*command),
                }
            }
        }
        self.see(index.progress.borrow().done)?;
        let mut select = self
            .connection
            .prepare_cached("select position from commands where id = ?")?;
        for command in others {
            let position: Option<i64> = select
                .query_row([command.uuid().as_bytes()], |row| row.get(0))
                .optional()?;
            found.extend(position.map(|position| (command, Position(unsigned(position)))));
        }
        Ok(found)
    }

    fn see(&mut self, done: u64) -> Result<(), IndexError> {
        if self.seen == Some(done) {
            return Ok(());
        }
        if self.seen.take().is_some() {
            self.connection.prepare_cached("commit")?.execute([])?;
        }
        self.connection.prepare_cached("begin")?.execute([])?;
        self.seen = Some(done);
        Ok(())
    }
}

fn open_log(path: &Path) -> Result<Connection, IndexError> {
    let log = Connection::open(path)?;
    log.busy_timeout(LOCK_WAIT)?;
    log.pragma_update(None, "query_only", "on")?;
    Ok(log)
}

fn open_index(path: &Path) -> Result<Connection, IndexError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // What a crash of the machine takes is told again.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    Ok(connection)
}

/// The index that is there, if it is one of this version and of this log.
fn usable(path: &Path, log: &Connection) -> Result<Option<Connection>, IndexError> {
    if !path.exists() {
        return Ok(None);
    }
    let connection = open_index(path)?;
    let version: i64 = connection.query_row("pragma user_version", [], |row| row.get(0))?;
    if version != VERSION {
        return Ok(None);
    }
    let Some((position, hash)) = reached(&connection)? else {
        return Ok(Some(connection));
    };
    let in_log: Option<Vec<u8>> = log
        .query_row(
            "select hash from events where position = ?",
            [stored(position)],
            |row| row.get(0),
        )
        .optional()?;
    Ok((in_log == Some(hash)).then_some(connection))
}

fn reached(connection: &Connection) -> Result<Option<(Position, Vec<u8>)>, IndexError> {
    let reached = connection
        .query_row("select position, hash from reached", params![], |row| {
            Ok((Position(unsigned(row.get(0)?)), row.get(1)?))
        })
        .optional()?;
    Ok(reached)
}

fn create(path: &Path) -> Result<Connection, IndexError> {
    for ending in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    let connection = open_index(path)?;
    connection.execute_batch(&format!(
        "begin; {TABLES} pragma user_version = {VERSION}; commit"
    ))?;
    Ok(connection)
}
