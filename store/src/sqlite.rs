//! The log in a SQLite file, for one process.
//!
//! WAL and `synchronous = full`: what was acknowledged survives a crash of the machine. One connection writes; readers
//! never wait for it.

mod checkpointer;
mod direct;
mod entries;
mod index;
mod indexer;
mod insertion;
mod writer;

use std::{io, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    envelope::{Position, StreamId},
    ids::CommandId,
    time::Instant,
};
use futures::{StreamExt, TryStreamExt, stream};
use sqlx::{
    ConnectOptions, Connection, Sqlite, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::watch;

use crate::{
    appender::{Appender, QueueLimits},
    batch::Head,
    log::{Append, AppendError, Capabilities, Events, Filter, Log, Query, ReadError, Receipt},
    migrations::{Migration, migrate_sqlite},
    open_error::OpenError,
    rows::{self, Blocking, Found, Page, Pages, Tables, unavailable, unsigned},
    sqlite::{direct::Direct, index::Index, writer::SqliteWriter},
};

pub(crate) use index::path as index_of;
pub(crate) use insertion::insert;

/// Migrations of the log's file.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_create_log",
        sql: include_str!("../../migrations/sqlite/0001_create_log.sql"),
    },
    Migration {
        name: "0004_drop_events_by_stream_id",
        sql: include_str!("../../migrations/sqlite/0004_drop_events_by_stream_id.sql"),
    },
    Migration {
        name: "0016_move_indexes_out",
        sql: include_str!("../../migrations/sqlite/0016_move_indexes_out.sql"),
    },
    Migration {
        name: "0018_keep_receipts_with_events",
        sql: include_str!("../../migrations/sqlite/0018_keep_receipts_with_events.sql"),
    },
];

const TABLES: Tables = Tables {
    events: "events",
    links: "log_index.links",
    links_everything: true,
    one_of: (" and position in (", ")"),
};

/// Rows that the driver's thread may be ahead of a reader: with few, the two wait for each other all the time.
const ROWS_AHEAD: usize = 512;

/// Readers at the same time; more would only share two cores' page cache.
const READERS: u32 = 4;

/// How long a statement waits for another process's lock, such as that of a backup.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// A log in one file. Whoever opens it must own the folder it lies in, see [`crate::data_folder`].
#[derive(Debug)]
pub struct SqliteLog {
    readers: SqlitePool,
    direct: Arc<Direct>,
    appender: Appender,
    index: Arc<Index>,
    tail: watch::Sender<Position>,
}

impl SqliteLog {
    /// Opens the file, makes it when it is absent, and brings it up to date.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_with(path, QueueLimits::default()).await
    }

    /// The same, with other limits of what may wait.
    pub async fn open_with(path: &Path, limits: QueueLimits) -> Result<Self, OpenError> {
        let options = options(path);
        let mut connection = options.connect().await?;
        migrate_sqlite(&mut connection, MIGRATIONS).await?;
        let head = read_head(&mut connection).await?;
        connection.close().await?;

        let tail = watch::Sender::new(head.position);
        let index = open_index(path).await?;
        let writer = SqliteWriter::new(path, index.clone());
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            // A file does not hang up, and to ask costs as much as a short read.
            .test_before_acquire(false)
            .after_connect({
                let index = index.clone();
                move |connection, _| {
                    let index = index.clone();
                    Box::pin(async move { attach(connection, index.path()).await })
                }
            })
            .connect_with(options.pragma("query_only", "on").row_buffer_size(ROWS_AHEAD))
            .await?;
        Ok(Self {
            readers,
            direct: Arc::new(Direct::new(path)),
            appender: Appender::start(writer, limits, tail.clone())?,
            index,
            tail,
        })
    }

    fn reader(&self) -> Reader {
        Reader {
            pool: self.readers.clone(),
            direct: self.direct.clone(),
        }
    }

    /// Stores what is waiting, then closes the files. Appends from now on are answered as unavailable.
    pub async fn close(&self) {
        self.appender.close().await;
        self.readers.close().await;
        self.direct.close();
        self.index.close().await;
    }
}

async fn open_index(log: &Path) -> Result<Arc<Index>, OpenError> {
    let log = log.to_owned();
    let opened = tokio::task::spawn_blocking(move || Index::open(&log)).await;
    Ok(Arc::new(
        opened.map_err(io::Error::other)?.map_err(io::Error::other)?,
    ))
}

/// Gives a connection the index of the log, under the name `log_index`.
pub(crate) async fn attach(connection: &mut SqliteConnection, index: &Path) -> Result<(), sqlx::Error> {
    sqlx::query("attach database ? as log_index")
        .bind(index.to_string_lossy().into_owned())
        .execute(connection)
        .await?;
    Ok(())
}

/// True when events are found by an id that is not their stream's.
const fn needs_index(filter: &Filter) -> bool {
    match filter {
        Filter::Tenant(_) | Filter::Link { .. } | Filter::Subject(_) | Filter::Correlation(_) => true,
        Filter::All
        | Filter::Category { .. }
        | Filter::Categories(_)
        | Filter::Type(_)
        | Filter::Stream(_) => false,
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(LOCK_WAIT)
        .disable_statement_logging()
}

async fn read_head(connection: &mut SqliteConnection) -> Result<Head, ReadError> {
    sqlx::query("select position, recorded_at, hash from events order by position desc limit 1")
        .fetch_all(connection)
        .await
        .map_err(unavailable)?
        .first()
        .map_or(Ok(Head::START), rows::head)
}

/// Streams as a JSON array of [tenant, category, id] with ids in hexadecimal, so that any number of them is one value.
fn streams_as_json(streams: &[StreamId]) -> String {
    let streams: Vec<_> = streams
        .iter()
        .map(|stream| {
            (
                stream.tenant.uuid().simple().to_string(),
                stream.category.name(),
                stream.id.simple().to_string(),
            )
        })
        .collect();
    serde_json::json!(streams).to_string()
}

const SELECT_VERSIONS: &str = "
    select coalesce((
        select e.version
        from events e
        where e.tenant = unhex(asked.value ->> 0)
            and e.category = asked.value ->> 1
            and e.stream_id = unhex(asked.value ->> 2)
        order by e.version desc
        limit 1
    ), 0)
    from json_each(?) asked
    order by asked.key";

/// What reads pages of the log.
#[derive(Clone, Debug)]
struct Reader {
    pool: SqlitePool,
    direct: Arc<Direct>,
}

#[async_trait]
impl Pages for Reader {
    async fn page(&self, page: &Page) -> Result<Found, ReadError> {
        if let Some(read) = self.blocking(page) {
            let (reader, page) = (self.clone(), page.clone());
            let read = tokio::task::spawn_blocking(move || read(&reader, &page)).await;
            return read.map_err(|stopped| ReadError::Unavailable(stopped.into()))?;
        }
        let mut sql = rows::select::<Sqlite>(TABLES, page);
        let mut rows = sql.build().fetch(&self.pool);
        let mut found = Found::default();
        while let Some(row) = rows.try_next().await.map_err(unavailable)? {
            if !found.add(rows::recorded(&row)?) {
                break;
            }
        }
        Ok(found)
    }

    fn at_once(&self, page: &Page) -> Option<Result<Found, ReadError>> {
        self.direct.beginning(page)
    }

    fn blocking(&self, page: &Page) -> Option<Blocking<Self>> {
        page.goes_through_everything()
            .then_some(|reader: &Self, page: &Page| reader.direct.page(page))
    }
}

#[async_trait]
impl Log for SqliteLog {
    fn capabilities(&self) -> Capabilities {
        Capabilities::ALL
    }

    async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        self.appender.append(append).await
    }

    fn read(&self, query: Query) -> Events<'_> {
        if !needs_index(&query.filter) {
            return rows::read(self.reader(), query);
        }
        // What comes later may be in the log and not in the index yet.
        let head = *self.tail.borrow();
        let until = query.until.map_or(head, |until| until.min(head));
        stream::once(async move {
            self.index.reach().await?;
            Ok::<_, ReadError>(rows::read(self.reader(), query.until(until)))
        })
        .try_flatten()
        .boxed()
    }

    async fn versions(&self, streams: &[StreamId]) -> Result<Vec<u64>, ReadError> {
        let versions: Vec<i64> = sqlx::query_scalar(SELECT_VERSIONS)
            .bind(streams_as_json(streams))
            .fetch_all(&self.readers)
            .await
            .map_err(unavailable)?;
        Ok(versions.into_iter().map(unsigned).collect())
    }

    async fn head(&self) -> Result<Position, ReadError> {
        let head: i64 = sqlx::query_scalar("select coalesce(max(position), 0) from events")
            .fetch_one(&self.readers)
            .await
            .map_err(unavailable)?;
        Ok(Position(unsigned(head)))
    }

    async fn position_at(&self, moment: Instant) -> Result<Position, ReadError> {
        // A binary search: positions have no gaps and recorded_at never goes back.
        let position: i64 = sqlx::query_scalar(
            "with recursive search (low, high) as (
                select 0, (select coalesce(max(position), 0) from events)
                union all
                select
                    case when e.recorded_at <= ?1 then e.position else low end,
                    case when e.recorded_at <= ?1 then high else e.position - 1 end
                from search
                join events e on e.position = (low + high + 1) / 2
                where low < high
            )
            select low from search where low >= high",
        )
        .bind(moment.timestamp_micros())
        .fetch_one(&self.readers)
        .await
        .map_err(unavailable)?;
        Ok(Position(unsigned(position)))
    }

    async fn last_recorded_at(&self) -> Result<Option<Instant>, ReadError> {
        let mut connection = self.readers.acquire().await.map_err(unavailable)?;
        Ok(read_head(&mut connection).await?.recorded_at)
    }

    async fn receipt(&self, command: CommandId) -> Result<Option<Receipt>, ReadError> {
        // First what may not be in the index: it is forgotten only after it is there.
        let fresh = self.index.fresh(command);
        sqlx::query(
            "select command_id, tenant, input_hash, first_position, position, result, recorded_at
            from receipts
            where command_id = ?1
                and position = coalesce(?2, (select c.position from log_index.commands c where c.id = ?1))",
        )
        .bind(command.uuid())
        .bind(fresh.map(rows::stored))
        .fetch_optional(&self.readers)
        .await
        .map_err(unavailable)?
        .map(|row| rows::receipt(&row, 0))
        .transpose()
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.tail.subscribe()
    }
}
