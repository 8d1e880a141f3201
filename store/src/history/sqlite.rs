//! A log in a SQLite file, read as a whole and filled from an export.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use domain::envelope::{Position, Recorded};
use futures::{StreamExt, stream};
use rusqlite::Connection;
use sqlx::{
    ConnectOptions, Connection as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use super::{
    End, History, Link, Links, Passing, Strays,
    import::{ImportError, Target},
    row::{exact, links},
};
use crate::{
    batch::Head,
    log::{ReadError, Receipt},
    merkle::Hash,
    migrations::{check_sqlite, migrate_sqlite},
    open_error::OpenError,
    rows::{self, link_kind, stored, unavailable, unsigned},
    sqlite::{self, MIGRATIONS},
};

/// Streams that are read at the same time, and one connection for short questions.
const READERS: u32 = 4;

/// Rows that may be read ahead.
const ROW_BUFFER: usize = 1_000;

/// How long a statement waits for another process's lock.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// A log in one file, which a server may own meanwhile.
#[derive(Debug)]
pub struct SqliteHistory {
    readers: SqlitePool,
    /// The file that finds events by what they belong to is there.
    has_index: bool,
}

impl SqliteHistory {
    /// Opens a file that is there. Nothing in it is changed.
    ///
    /// # Errors
    /// When it is not there or is not of this version.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        // Not `read_only`: without a server nobody else makes the files beside it that WAL needs.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .busy_timeout(LOCK_WAIT)
            .pragma("query_only", "on")
            // Rows come from another thread: each time it has to wait costs more than a row.
            .row_buffer_size(ROW_BUFFER)
            .disable_statement_logging();
        let index = Some(sqlite::index_of(path)).filter(|index| index.exists());
        let has_index = index.is_some();
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .after_connect(move |connection, _| {
                let index = index.clone();
                Box::pin(async move {
                    match index {
                        Some(index) => sqlite::attach(connection, &index).await,
                        None => Ok(()),
                    }
                })
            })
            .connect_with(options)
            .await?;
        check_sqlite(&mut *readers.acquire().await?, MIGRATIONS).await?;
        Ok(Self { readers, has_index })
    }
}

#[async_trait]
impl History for SqliteHistory {
    async fn end(&self) -> Result<End, ReadError> {
        let row =
            sqlx::query("select position, recorded_at, hash from events order by position desc limit 1")
                .fetch_optional(&self.readers)
                .await
                .map_err(unavailable)?;
        let head = row.as_ref().map_or(Ok(Head::START), rows::head)?;
        Ok(End {
            position: head.position,
            hash: head.hash,
        })
    }

    fn events(&self, after: Position, until: Position) -> Passing<'_, Recorded> {
        sqlx::query(
            "select position, tenant, category, stream_id, version, event_id, type, schema_version, occurred_at,
                recorded_at, actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, payload
            from events
            where position > ? and position <= ?
            order by position",
        )
        .bind(stored(after))
        .bind(stored(until))
        .fetch(&self.readers)
        .map(|row| exact(&row.map_err(unavailable)?))
        .boxed()
    }

    fn hashes(&self, until: Position) -> Passing<'_, Hash> {
        sqlx::query("select position, recorded_at, hash from events where position <= ? order by position")
            .bind(stored(until))
            .fetch(&self.readers)
            .map(|row| Ok(rows::head(&row.map_err(unavailable)?)?.hash))
            .boxed()
    }

    fn receipts(&self, until: Position) -> Passing<'_, Receipt> {
        sqlx::query(
            "select command_id, tenant, input_hash, first_position, position, result, recorded_at, is_apart
            from receipts
            where position <= ?
            order by position, is_apart, command_id",
        )
        .bind(stored(until))
        .fetch(&self.readers)
        .map(|row| rows::receipt(&row.map_err(unavailable)?, 0))
        .boxed()
    }

    async fn receipts_of(&self, page: &[Recorded]) -> Result<Vec<Receipt>, ReadError> {
        let position = |event: Option<&Recorded>| event.map(|event| stored(event.envelope.position));
        let rows = sqlx::query(
            "select command_id, tenant, input_hash, first_position, position, result, recorded_at
            from receipts
            where position between ? and ? and first_position is not null",
        )
        .bind(position(page.first()))
        .bind(position(page.last()))
        .fetch_all(&self.readers)
        .await
        .map_err(unavailable)?;
        rows.iter().map(|row| rows::receipt(row, 0)).collect()
    }

    async fn linked(&self, until: Position) -> Result<Position, ReadError> {
        if !self.has_index {
            return Ok(Position::START);
        }
        let reached: Option<i64> = sqlx::query_scalar("select position from log_index.reached")
            .fetch_optional(&self.readers)
            .await
            .map_err(unavailable)?;
        Ok(reached.map_or(Position::START, |reached| Position(unsigned(reached)).min(until)))
    }

    fn links(&self, until: Position) -> Passing<'_, Links> {
        if until == Position::START {
            return stream::empty().boxed();
        }
        sqlx::query(
            "select position, group_concat(lower(hex(id)) || kind, '' order by id, kind)
            from log_index.links
            where position <= ? and kind in (?, ?)
            group by position
            order by position",
        )
        .bind(stored(until))
        .bind(link_kind::LINK)
        .bind(link_kind::SUBJECT)
        .fetch(&self.readers)
        .map(|row| links(&row.map_err(unavailable)?))
        .boxed()
    }

    async fn strays(&self) -> Result<Strays, ReadError> {
        let behind: Option<i64> = sqlx::query_scalar(
            "select min(position)
            from receipts_apart
            where position > (select coalesce(max(position), 0) from events)",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(unavailable)?;
        Ok(Strays {
            behind_the_end: behind.map(unsigned).map(Position),
            end: None,
        })
    }

    async fn leads(&self) -> Result<bool, ReadError> {
        // The data folder has one owner.
        Ok(true)
    }

    async fn close(&self) {
        self.readers.close().await;
    }
}

/// A log in one file that is about to be filled. Whoever opens it must own the folder it lies in.
///
/// Statements are rusqlite's, as those of the appender are: each of sqlx's goes to another thread and back. They run on
/// threads for blocking work.
#[derive(Debug)]
pub struct SqliteTarget {
    connection: Arc<Mutex<Connection>>,
}

impl SqliteTarget {
    /// Opens the file, makes it when it is absent, and brings it up to date.
    ///
    /// # Errors
    /// When it cannot be opened or is of another version.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let mut connection = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .busy_timeout(LOCK_WAIT)
            .disable_statement_logging()
            .connect()
            .await?;
        migrate_sqlite(&mut connection, MIGRATIONS).await?;
        connection.close().await?;

        let connection = Connection::open(path)?;
        connection.busy_timeout(LOCK_WAIT)?;
        // Indexes are filled in the order of their ids, which is none: with less than this they go to the disk and back.
        connection.pragma_update(None, "cache_size", -262_144)?;
        // A journal that is removed counts as durable only with this.
        connection.pragma_update(None, "synchronous", "extra")?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Does something with the connection, on a thread that may wait for the disk.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ImportError> {
        let connection = self.connection.clone();
        let working = tokio::task::spawn_blocking(move || {
            let connection = connection.lock().expect("nobody panics while they hold it");
            work(&connection)
        });
        Ok(working.await??)
    }
}

#[async_trait]
impl Target for SqliteTarget {
    async fn begin(&mut self) -> Result<bool, ImportError> {
        self.with(|connection| {
            let is_empty = connection.query_row(
                "select not exists (select 1 from events) and not exists (select 1 from receipts)",
                [],
                |row| row.get(0),
            )?;
            if is_empty {
                // What is behind the end of the file needs no copy in a rollback journal, whereas in WAL mode all of
                // the log would be written twice and a page of an index each time it leaves the cache.
                connection.pragma_update(None, "journal_mode", "delete")?;
            }
            connection.execute_batch("begin immediate")?;
            Ok(is_empty)
        })
        .await
    }

    async fn write(&mut self, events: Vec<Recorded>, receipts: Vec<Receipt>) -> Result<(), ImportError> {
        self.with(move |connection| sqlite::insert(connection, &events, &receipts))
            .await
    }

    async fn torn_stream(&mut self) -> Result<Option<Position>, ImportError> {
        let torn: Option<i64> = self
            .with(|connection| {
                connection.query_row(
                    "select min(last)
                    from (
                        select max(position) as last
                        from events
                        group by tenant, category, stream_id
                        having count(*) <> max(version)
                    )",
                    [],
                    |row| row.get(0),
                )
            })
            .await?;
        Ok(torn.map(unsigned).map(Position))
    }

    async fn commit(mut self: Box<Self>, _last: Option<&Recorded>) -> Result<(), ImportError> {
        self.with(|connection| {
            connection.execute_batch("commit")?;
            connection.pragma_update(None, "journal_mode", "wal")
        })
        .await
    }
}

/// The rows of the index of links that an event makes, ordered.
pub(crate) fn link_rows(event: &Recorded) -> impl Iterator<Item = Link> + use<> {
    let position = event.envelope.position;
    rows::links(&event.envelope)
        .into_iter()
        .map(move |(id, kind)| Link { position, id, kind })
}
