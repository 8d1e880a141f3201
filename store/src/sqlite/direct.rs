//! Reads without sqlx, which hands a statement to another thread and each row back.
//!
//! Commands load streams, most of them short, and that to and fro costs more than a whole command: here the caller's own
//! thread reads the beginning of a stream, at most a page, from the memory of the system as a rule. Whoever follows or
//! folds the whole log reads page after page of it: a thread for blocking work reads each, several times as fast.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::envelope::{Position, Recorded};
use rusqlite::{Connection, Params, Row, params};
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

/// A statement for one step: what it asks for behind its bounds.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select position, tenant, category, stream_id, version, event_id, type, schema_version, occurred_at, ",
            "recorded_at, actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, payload ",
            "from events ",
            "where position > coalesce(?1, 0) and position <= coalesce(?2, 9223372036854775807) ",
            $rest,
            " limit ?3"
        )
    };
}

const STREAM_FORWARD: &str = select!("and tenant = ?4 and category = ?5 and stream_id = ?6 order by version");
const STREAM_BACKWARD: &str =
    select!("and tenant = ?4 and category = ?5 and stream_id = ?6 order by version desc");
const LOG_FORWARD: &str = select!("order by position");
const LOG_BACKWARD: &str = select!("order by position desc");
const CATEGORIES_FORWARD: &str =
    select!("and category in (select value from json_each(?4)) order by position");
const CATEGORIES_BACKWARD: &str =
    select!("and category in (select value from json_each(?4)) order by position desc");

/// Reads from a log's file.
#[derive(Debug)]
pub(super) struct Direct {
    path: PathBuf,
    /// Those that nobody uses now; none once it is closed.
    idle: Mutex<Option<Vec<Connection>>>,
}

impl Direct {
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
        let statement = match direction {
            Direction::Forward => STREAM_FORWARD,
            Direction::Backward => STREAM_BACKWARD,
        };
        let (above, up_to) = page.bounds();
        self.with_connection(|connection| {
            let (tenant, category) = (stream.tenant.uuid(), stream.category.name());
            rows(
                Found::default(),
                connection,
                statement,
                params![
                    above,
                    up_to,
                    number(page.size()),
                    tenant.as_bytes(),
                    category,
                    stream.id.as_bytes()
                ],
            )
        })
    }

    /// A step of a read that goes through the whole log. Blocks the thread.
    pub(super) fn page(&self, page: &Page) -> Result<Found, ReadError> {
        let closed = || Err(ReadError::Unavailable("the log was closed".into()));
        self.step(page).unwrap_or_else(closed)
    }

    fn step(&self, page: &Page) -> Option<Result<Found, ReadError>> {
        let (above, up_to) = page.bounds();
        let most = number(page.size());
        let room = if page.is_first() {
            Found::default()
        } else {
            Found::many()
        };
        let Some(categories) = page.categories() else {
            let statement = match page.direction() {
                Direction::Forward => LOG_FORWARD,
                Direction::Backward => LOG_BACKWARD,
            };
            return self.with_connection(|connection| {
                rows(room, connection, statement, params![above, up_to, most])
            });
        };
        let statement = match page.direction() {
            Direction::Forward => CATEGORIES_FORWARD,
            Direction::Backward => CATEGORIES_BACKWARD,
        };
        let names: Vec<_> = categories.iter().map(|category| category.name()).collect();
        let names = serde_json::json!(names).to_string();
        self.with_connection(|connection| {
            rows(room, connection, statement, params![above, up_to, most, names])
        })
    }

    fn with_connection(
        &self,
        read: impl FnOnce(&Connection) -> Result<Found, ReadError>,
    ) -> Option<Result<Found, ReadError>> {
        let idle = self.idle().as_mut()?.pop();
        let read = || {
            let connection = match idle {
                Some(connection) => connection,
                None => self.open().map_err(unavailable)?,
            };
            let found = read(&connection)?;
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

fn rows(
    mut found: Found,
    connection: &Connection,
    statement: &str,
    bound: impl Params,
) -> Result<Found, ReadError> {
    let mut select = connection.prepare_cached(statement).map_err(unavailable)?;
    let mut rows = select.query(bound).map_err(unavailable)?;
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
