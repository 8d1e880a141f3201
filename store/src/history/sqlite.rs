//! A log in a SQLite file, read as a whole and filled from an export.

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use domain::{
    envelope::{Position, Recorded},
    ids::CommandId,
};
use futures::StreamExt;
use sqlx::{
    ConnectOptions, Connection, QueryBuilder, Sqlite, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    End, History, Link, Links, Passing, Strays,
    import::{ImportError, Target},
    row::{actor, exact, links},
};
use crate::{
    batch::Head,
    log::{ReadError, Receipt},
    merkle::Hash,
    migrations::{check_sqlite, migrate_sqlite},
    open_error::OpenError,
    rows::{self, number, packed, stored, unavailable, unsigned},
    sqlite::MIGRATIONS,
};

/// Streams that are read at the same time, and one connection for short questions.
const READERS: u32 = 4;

/// Rows of one insert: 19 values each stay below SQLite's limit of 32,766 in a statement.
const ROWS: usize = 500;

/// Rows that may be read ahead.
const ROW_BUFFER: usize = 1_000;

/// How long a statement waits for another process's lock.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// A log in one file, which a server may own meanwhile.
#[derive(Debug)]
pub struct SqliteHistory {
    readers: SqlitePool,
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
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options)
            .await?;
        check_sqlite(&mut *readers.acquire().await?, MIGRATIONS).await?;
        Ok(Self { readers })
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
            "select command_id, tenant, input_hash, first_position, position, result, recorded_at
            from receipts
            where position <= ?
            order by position, first_position is null, command_id",
        )
        .bind(stored(until))
        .fetch(&self.readers)
        .map(|row| rows::receipt(&row.map_err(unavailable)?, 0))
        .boxed()
    }

    async fn receipts_of(&self, commands: &[CommandId]) -> Result<Vec<Receipt>, ReadError> {
        let commands: Vec<_> = commands
            .iter()
            .map(|command| command.uuid().simple().to_string())
            .collect();
        let rows = sqlx::query(
            "select command_id, tenant, input_hash, first_position, position, result, recorded_at
            from receipts
            where command_id in (select unhex(value) from json_each(?))",
        )
        .bind(serde_json::json!(commands).to_string())
        .fetch_all(&self.readers)
        .await
        .map_err(unavailable)?;
        rows.iter().map(|row| rows::receipt(row, 0)).collect()
    }

    fn links(&self, until: Position) -> Passing<'_, Links> {
        sqlx::query(
            "select position, group_concat(lower(hex(id)) || kind, '' order by id, kind)
            from event_links
            where position <= ?
            group by position
            order by position",
        )
        .bind(stored(until))
        .fetch(&self.readers)
        .map(|row| links(&row.map_err(unavailable)?))
        .boxed()
    }

    async fn strays(&self) -> Result<Strays, ReadError> {
        let behind: Option<i64> = sqlx::query_scalar(
            "with last as (select coalesce(max(position), 0) as position from events)
            select min(stray.position)
            from (
                select position from receipts where position > (select position from last)
                union all
                select position from event_links where position > (select position from last)
            ) stray",
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
#[derive(Debug)]
pub struct SqliteTarget {
    connection: SqliteConnection,
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
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(LOCK_WAIT)
            // Indexes are filled in the order of their ids, which is none: with less than this they go to the disk and back.
            .pragma("cache_size", "-262144")
            .disable_statement_logging()
            .connect()
            .await?;
        migrate_sqlite(&mut connection, MIGRATIONS).await?;
        Ok(Self { connection })
    }
}

#[async_trait]
impl Target for SqliteTarget {
    async fn begin(&mut self) -> Result<bool, ImportError> {
        sqlx::raw_sql("begin immediate")
            .execute(&mut self.connection)
            .await?;
        let is_empty = sqlx::query_scalar(
            "select not exists (select 1 from events) and not exists (select 1 from receipts)",
        )
        .fetch_one(&mut self.connection)
        .await?;
        Ok(is_empty)
    }

    async fn write(&mut self, events: &[Recorded], receipts: &[Receipt]) -> Result<(), ImportError> {
        for events in events.chunks(ROWS) {
            insert_events(&mut self.connection, events).await?;
            insert_links(&mut self.connection, events).await?;
        }
        for receipts in receipts.chunks(ROWS) {
            insert_receipts(&mut self.connection, receipts).await?;
        }
        Ok(())
    }

    async fn torn_stream(&mut self) -> Result<Option<Position>, ImportError> {
        let torn: Option<i64> = sqlx::query_scalar(
            "select min(last)
            from (
                select max(position) as last
                from events
                group by tenant, category, stream_id
                having count(*) <> max(version)
            )",
        )
        .fetch_one(&mut self.connection)
        .await?;
        Ok(torn.map(unsigned).map(Position))
    }

    async fn commit(mut self: Box<Self>, _last: Option<&Recorded>) -> Result<(), ImportError> {
        sqlx::raw_sql("commit").execute(&mut self.connection).await?;
        self.connection.close().await?;
        Ok(())
    }
}

async fn insert_events(connection: &mut SqliteConnection, events: &[Recorded]) -> Result<(), ImportError> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "insert into events (position, tenant, category, stream_id, version, event_id, type, schema_version, \
         occurred_at, recorded_at, actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, \
         payload) ",
    );
    sql.push_values(events, |mut row, event| {
        let envelope = &event.envelope;
        row.push_bind(number(envelope.position.0))
            .push_bind(envelope.stream.tenant.uuid())
            .push_bind(envelope.stream.category.name())
            .push_bind(envelope.stream.id)
            .push_bind(number(envelope.version))
            .push_bind(envelope.event_id.uuid())
            .push_bind(envelope.event_type.as_str())
            .push_bind(i32::from(envelope.schema_version))
            .push_bind(envelope.occurred_at.timestamp_micros())
            .push_bind(envelope.recorded_at.timestamp_micros())
            .push_bind(actor(&envelope.actor))
            .push_bind(envelope.command_id.uuid())
            .push_bind(envelope.correlation_id.uuid())
            .push_bind(envelope.causation_id.map(domain::ids::Id::uuid))
            .push_bind(packed(envelope.subjects.iter().map(|subject| subject.uuid())))
            .push_bind(packed(envelope.links.iter().copied()))
            .push_bind(envelope.trace.as_deref())
            .push_bind(envelope.hash.as_slice())
            .push_bind(&*event.payload);
    });
    sql.build().execute(connection).await?;
    Ok(())
}

async fn insert_links(connection: &mut SqliteConnection, events: &[Recorded]) -> Result<(), ImportError> {
    let links: Vec<_> = events.iter().flat_map(link_rows).collect();
    for links in links.chunks(ROWS) {
        let mut sql = QueryBuilder::<Sqlite>::new("insert into event_links (id, kind, position) ");
        sql.push_values(links, |mut row, link| {
            row.push_bind(link.id)
                .push_bind(link.kind)
                .push_bind(stored(link.position));
        });
        sql.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// The rows of the index of links that an event makes, ordered.
pub(crate) fn link_rows(event: &Recorded) -> impl Iterator<Item = Link> + use<> {
    let position = event.envelope.position;
    rows::links(&event.envelope)
        .into_iter()
        .map(move |(id, kind)| Link { position, id, kind })
}

async fn insert_receipts(connection: &mut SqliteConnection, receipts: &[Receipt]) -> Result<(), ImportError> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "insert into receipts (command_id, tenant, input_hash, first_position, position, result, recorded_at) ",
    );
    sql.push_values(receipts, |mut row, receipt| {
        row.push_bind(receipt.command_id.uuid())
            .push_bind(receipt.tenant.uuid())
            .push_bind(receipt.input_hash.as_slice())
            .push_bind(receipt.first.map(stored))
            .push_bind(stored(receipt.position))
            .push_bind(receipt.result.as_slice())
            .push_bind(receipt.recorded_at.timestamp_micros());
    });
    sql.build().execute(connection).await?;
    Ok(())
}
