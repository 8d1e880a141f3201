//! Beginnings of streams, read by whoever asks.
//!
//! Commands load streams, most of them short. sqlx hands a statement to another thread and each row back, which costs more
//! than a whole command; here the caller's own thread reads at most a page, from the memory of the system as a rule.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::envelope::{Position, Recorded, StreamId};
use rusqlite::{Connection, Row, Statement, params};
use uuid::Uuid;

use super::LOCK_WAIT;
use crate::{
    log::{Direction, ReadError},
    rows::{Columns, Found, Page, number, unsigned},
};

/// Connections that are kept. More are opened while more callers read at once, and closed after it.
const KEPT: usize = 4;

/// Pages that each keeps: a stream is read once, then its fold is remembered.
const CACHE_KIB: i64 = 512;

const FORWARD: &str = "
    select position, tenant, category, stream_id, version, event_id, type, schema_version, occurred_at, recorded_at,
        actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, payload
    from events
    where tenant = ? and category = ? and stream_id = ?
        and position > coalesce(?, 0) and position <= coalesce(?, 9223372036854775807)
    order by version
    limit ?";

const BACKWARD: &str = "
    select position, tenant, category, stream_id, version, event_id, type, schema_version, occurred_at, recorded_at,
        actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, payload
    from events
    where tenant = ? and category = ? and stream_id = ?
        and position > coalesce(?, 0) and position <= coalesce(?, 9223372036854775807)
    order by version desc
    limit ?";

/// Reads beginnings of streams.
#[derive(Debug)]
pub(super) struct Streams {
    path: PathBuf,
    /// Those that nobody uses now; none once it is closed.
    idle: Mutex<Option<Vec<Connection>>>,
}

impl Streams {
    /// Of a log; connections are opened when they are needed.
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            idle: Mutex::new(Some(Vec::new())),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Option<Vec<Connection>>> {
        // A list is whole after each of its methods, whatever panicked.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first step of a read of one stream; of anything else nothing, nor when the log is closed.
    pub(super) fn beginning(&self, page: &Page) -> Option<Result<Found, ReadError>> {
        let (stream, direction) = page.beginning_of()?;
        let idle = self.idle().as_mut()?.pop();
        let read = || {
            let connection = match idle {
                Some(connection) => connection,
                None => self.open().map_err(unavailable)?,
            };
            let found = read(&connection, page, stream, direction)?;
            self.keep(connection);
            Ok(found)
        };
        Some(read())
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(LOCK_WAIT)?;
        connection.pragma_update(None, "query_only", "on")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        Ok(connection)
    }

    fn keep(&self, connection: Connection) {
        if let Some(idle) = self.idle().as_mut().filter(|idle| idle.len() < KEPT) {
            idle.push(connection);
        }
    }

    /// Lets go of the file.
    pub(super) fn close(&self) {
        *self.idle() = None;
    }
}

fn read(
    connection: &Connection,
    page: &Page,
    stream: StreamId,
    direction: Direction,
) -> Result<Found, ReadError> {
    let mut select = connection
        .prepare_cached(match direction {
            Direction::Forward => FORWARD,
            Direction::Backward => BACKWARD,
        })
        .map_err(unavailable)?;
    rows(&mut select, page, stream)
}

fn rows(select: &mut Statement<'_>, page: &Page, stream: StreamId) -> Result<Found, ReadError> {
    let (above, up_to) = page.bounds();
    let mut rows = select
        .query(params![
            stream.tenant.uuid().as_bytes(),
            stream.category.name(),
            stream.id.as_bytes(),
            above,
            up_to,
            number(page.size()),
        ])
        .map_err(unavailable)?;
    let mut found = Found::default();
    while let Some(row) = rows.next().map_err(unavailable)? {
        if !found.add(recorded(row)?) {
            break;
        }
    }
    Ok(found)
}

fn recorded(row: &Row<'_>) -> Result<Recorded, ReadError> {
    let position = row
        .get(0)
        .map_or(Position::START, |position| Position(unsigned(position)));
    let columns = columns(row).map_err(|error| ReadError::Corrupt {
        position,
        what: error.to_string(),
    })?;
    columns.event()
}

fn columns<'r>(row: &'r Row<'_>) -> rusqlite::Result<Columns<'r>> {
    let uuid = |column| row.get(column).map(Uuid::from_bytes);
    let bytes = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_blob()?);
    let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str()?);
    Ok(Columns {
        position: row.get(0)?,
        tenant: uuid(1)?,
        category: text(2)?,
        stream_id: uuid(3)?,
        version: row.get(4)?,
        event_id: uuid(5)?,
        event_type: text(6)?,
        schema_version: row.get(7)?,
        occurred_at: row.get(8)?,
        recorded_at: row.get(9)?,
        actor: text(10)?,
        command_id: uuid(11)?,
        correlation_id: uuid(12)?,
        causation_id: row.get::<_, Option<[u8; 16]>>(13)?.map(Uuid::from_bytes),
        subjects: bytes(14)?,
        links: bytes(15)?,
        trace: row.get_ref(16)?.as_str_or_null()?,
        hash: bytes(17)?,
        payload: bytes(18)?,
    })
}

fn unavailable(error: rusqlite::Error) -> ReadError {
    ReadError::Unavailable(error.into())
}
