//! The one connection that appends to the file, on a thread that has nothing else to do.
//!
//! It is rusqlite's, not sqlx's: sqlx hands every statement to a thread of its own and back, which costs more than the
//! statement. See the decision record on the appender.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use domain::{
    envelope::{Position, StreamId},
    ids::{CommandId, OrganisationId},
    time::Instant,
};
use quick_cache::unsync::Cache;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};

use super::{
    LOCK_WAIT,
    checkpointer::Checkpointer,
    index::{Index, IndexError, Lookup},
    insertion::insert,
};
use crate::{
    appender::{Trouble, Writer},
    batch::{Batch, Head, Known},
    log::Receipt,
    rows::{stored, unsigned},
};

/// Streams whose versions are remembered; one takes about a hundred bytes.
const VERSIONS: usize = 50_000;

/// Pages that the writer keeps, so that looking up receipts and versions rarely reads from the file.
const CACHE_KIB: i64 = 4 * 1024;

/// Statements that stay prepared.
const STATEMENTS: usize = 16;

/// Appends to one file.
pub(super) struct SqliteWriter {
    path: PathBuf,
    index: Arc<Index>,
    open: Option<Open>,
}

/// A connection and what is known of the log as it last left it. Nobody else writes, so it stays true until a
/// transaction does not end well; then it is forgotten with the connection.
struct Open {
    index: Arc<Index>,
    lookup: Lookup,
    checkpointer: Checkpointer,
    connection: Connection,
    head: Head,
    versions: Cache<StreamId, u64>,
    /// True while the open transaction has written something.
    has_written: bool,
}

impl SqliteWriter {
    /// A writer that opens the file when it is first needed.
    pub(super) fn new(path: &Path, index: Arc<Index>) -> Self {
        Self {
            path: path.to_owned(),
            index,
            open: None,
        }
    }

    fn open(&mut self) -> Result<&mut Open, Trouble> {
        if self.open.is_none() {
            self.open = Some(Open::new(&self.path, self.index.clone())?);
        }
        Ok(self.open.as_mut().expect("it was opened the line before"))
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
                Self::Statement(error.into())
            }
            // The disk is full or gone, the file is damaged or locked: another append would fare no better.
            _ => Self::Connection(error.into()),
        }
    }
}

impl From<IndexError> for Trouble {
    fn from(error: IndexError) -> Self {
        Self::Connection(error.into())
    }
}

impl Open {
    fn new(path: &Path, index: Arc<Index>) -> Result<Self, Trouble> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(LOCK_WAIT)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        let head = head(&connection)?;
        // A batch whose outcome was not known may have been stored.
        index.catch_up(&connection)?;
        let lookup = index.lookup()?;
        let checkpointer =
            Checkpointer::start(path.to_owned()).map_err(|error| Trouble::Connection(error.into()))?;
        Ok(Self {
            index,
            lookup,
            checkpointer,
            connection,
            head,
            versions: Cache::new(VERSIONS),
            has_written: false,
        })
    }

    fn begin(&mut self, streams: &[StreamId], commands: &[CommandId]) -> Result<Known, Trouble> {
        run(&self.connection, "begin immediate")?;
        self.forget_what_another_changed()?;
        let mut versions = HashMap::with_capacity(streams.len());
        for stream in streams {
            versions.insert(*stream, self.version(*stream)?);
        }
        let mut receipts = HashMap::new();
        for (command, position) in self.lookup.positions(&self.index, commands)? {
            if let Some(receipt) = receipt(&self.connection, command, position)? {
                receipts.insert(command, receipt);
            }
        }
        Ok(Known {
            head: self.head,
            versions,
            receipts,
        })
    }

    /// A tool that restores or imports may have written between two servers' lives; one look per batch is cheap.
    fn forget_what_another_changed(&mut self) -> Result<(), Trouble> {
        let position: i64 = self
            .connection
            .prepare_cached("select coalesce(max(position), 0) from events")?
            .query_row([], |row| row.get(0))?;
        if Position(unsigned(position)) != self.head.position {
            self.head = head(&self.connection)?;
            self.versions.clear();
            self.index.catch_up(&self.connection)?;
        }
        Ok(())
    }

    fn version(&mut self, stream: StreamId) -> Result<u64, Trouble> {
        if let Some(version) = self.versions.get(&stream) {
            return Ok(*version);
        }
        let version: Option<i64> = self
            .connection
            .prepare_cached(
                "select version
                from events
                where tenant = ? and category = ? and stream_id = ?
                order by version desc
                limit 1",
            )?
            .query_row(
                params![
                    stream.tenant.uuid().as_bytes(),
                    stream.category.name(),
                    stream.id.as_bytes()
                ],
                |row| row.get(0),
            )
            .optional()?;
        Ok(version.map_or(0, unsigned))
    }

    fn write(&mut self, batch: &Batch) -> Result<(), Trouble> {
        self.has_written = true;
        Ok(insert(&self.connection, &batch.events, &batch.receipts)?)
    }

    fn commit(&mut self, batch: Batch) -> Result<(), Trouble> {
        run(&self.connection, "commit")?;
        self.has_written = false;
        self.head = *batch.head();
        self.checkpointer.committed(batch.events.len(), &self.connection);
        for event in &batch.events {
            self.versions
                .insert(event.envelope.stream, event.envelope.version);
        }
        self.index.tell(batch);
        Ok(())
    }
}

fn run(connection: &Connection, statement: &str) -> Result<(), Trouble> {
    connection.prepare_cached(statement)?.execute([])?;
    Ok(())
}

fn head(connection: &Connection) -> Result<Head, Trouble> {
    let head = connection
        .prepare_cached("select position, recorded_at, hash from events order by position desc limit 1")?
        .query_row([], |row| {
            Ok(Head {
                position: Position(unsigned(row.get(0)?)),
                recorded_at: Instant::from_timestamp_micros(row.get(1)?),
                hash: row.get(2)?,
            })
        })
        .optional()?;
    Ok(head.unwrap_or(Head::START))
}

fn receipt(
    connection: &Connection,
    command: CommandId,
    position: Position,
) -> Result<Option<Receipt>, Trouble> {
    let found = connection
        .prepare_cached(
            "select tenant, input_hash, first_position, position, result, recorded_at
            from receipts
            where position = ? and command_id = ?",
        )?
        .query_row(params![stored(position), command.uuid().as_bytes()], |row| {
            read_receipt(command, row)
        })
        .optional()?;
    Ok(found)
}

fn read_receipt(command_id: CommandId, row: &Row<'_>) -> rusqlite::Result<Receipt> {
    let recorded_at: i64 = row.get(5)?;
    Ok(Receipt {
        command_id,
        tenant: OrganisationId::new(uuid::Uuid::from_bytes(row.get(0)?)),
        input_hash: row.get(1)?,
        first: row
            .get::<_, Option<i64>>(2)?
            .map(|first| Position(unsigned(first))),
        position: Position(unsigned(row.get(3)?)),
        result: row.get(4)?,
        recorded_at: Instant::from_timestamp_micros(recorded_at)
            .ok_or(rusqlite::Error::IntegralValueOutOfRange(5, recorded_at))?,
    })
}

#[async_trait]
impl Writer for SqliteWriter {
    const USES_SOCKETS: bool = false;

    async fn begin(&mut self, streams: &[StreamId], commands: &[CommandId]) -> Result<Known, Trouble> {
        self.index.keep_up().await?;
        self.open()?.begin(streams, commands)
    }

    async fn write(&mut self, batch: &Batch) -> Result<(), Trouble> {
        self.open()?.write(batch)
    }

    async fn commit(&mut self, batch: Batch) -> Result<(), Trouble> {
        self.open()?.commit(batch)
    }

    /// A transaction that has written is not trusted to end well: it goes with the connection and all that is remembered,
    /// and closing rolls it back.
    async fn abandon(&mut self) {
        let unharmed = |open: &Open| !open.has_written && open.connection.execute_batch("rollback").is_ok();
        self.open = self.open.take().filter(unharmed);
    }

    async fn close(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        drop(open.checkpointer);
        if let Err((_, error)) = open.connection.close() {
            tracing::warn!(error = %error, "the log's file was not closed in good order");
        }
    }
}
