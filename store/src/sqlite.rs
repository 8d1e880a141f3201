//! The log in a SQLite file, for one process.
//!
//! WAL and `synchronous = full`: what was acknowledged survives a crash of the machine. One connection writes; readers
//! never wait for it.

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use domain::{
    envelope::{Position, Recorded, StreamId},
    ids::CommandId,
    time::Instant,
};
use futures::TryStreamExt;
use sqlx::{
    ConnectOptions, Connection, QueryBuilder, Sqlite, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::watch;

use crate::{
    appender::{Appender, QueueLimits, Trouble, Writer},
    batch::{Batch, Head, Known},
    log::{Append, AppendError, Capabilities, Events, Log, Query, ReadError, Receipt},
    migrations::{Migration, migrate_sqlite},
    open_error::OpenError,
    rows::{self, Found, PAGE_BYTES, Page, Pages, Tables, number, packed, unavailable, unsigned},
};

/// Migrations of the log's file.
pub const MIGRATIONS: &[Migration] = &[Migration {
    name: "0001_create_log",
    sql: include_str!("../../migrations/sqlite/0001_create_log.sql"),
}];

const TABLES: Tables = Tables {
    events: "events",
    links: "event_links",
};

/// Readers at the same time; more would only share two cores' page cache.
const READERS: u32 = 4;

/// Rows of one insert: 19 values each stay below SQLite's limit of 32,766 in a statement.
const ROWS: usize = 500;

/// How long a statement waits for another process's lock, such as that of a backup.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// A log in one file. Whoever opens it must own the folder it lies in, see [`crate::data_folder`].
#[derive(Debug)]
pub struct SqliteLog {
    readers: SqlitePool,
    appender: Appender,
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

        let tail = watch::Sender::new(head.position);
        let writer = SqliteWriter {
            options: options.clone(),
            connection: Some(connection),
        };
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.pragma("query_only", "on"))
            .await?;
        Ok(Self {
            readers,
            appender: Appender::start(writer, limits, tail.clone()),
            tail,
        })
    }

    /// Stores what is waiting, then closes the file. Appends from now on are answered as unavailable.
    pub async fn close(&self) {
        self.appender.close().await;
        self.readers.close().await;
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

#[async_trait]
impl Pages for SqliteLog {
    async fn page(&self, page: &Page) -> Result<Found, ReadError> {
        let mut sql = rows::select::<Sqlite>(TABLES, page);
        let mut rows = sql.build().fetch(&self.readers);
        let mut found = Found {
            events: Vec::new(),
            ended_early: false,
        };
        let mut bytes = 0;
        while let Some(row) = rows.try_next().await.map_err(unavailable)? {
            let event = rows::recorded(&row)?;
            bytes += event.payload.len();
            found.events.push(event);
            if bytes >= PAGE_BYTES {
                found.ended_early = true;
                break;
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Log for SqliteLog {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            gapless: true,
            multi_stream: true,
        }
    }

    async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        self.appender.append(append).await
    }

    fn read(&self, query: Query) -> Events<'_> {
        rows::read(self, query)
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
        sqlx::query(
            "select command_id, tenant, input_hash, first_position, position, result, recorded_at
            from receipts
            where command_id = ?",
        )
        .bind(command.uuid())
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

/// The one connection that writes. Transactions are begun and ended by plain statements, and a connection whose
/// transaction did not end well is closed, which rolls it back.
struct SqliteWriter {
    options: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
}

impl SqliteWriter {
    async fn connection(&mut self) -> Result<&mut SqliteConnection, Trouble> {
        if self.connection.is_none() {
            self.connection = Some(self.options.connect().await?);
        }
        Ok(self.connection.as_mut().expect("it was opened the line before"))
    }

    async fn read_known(
        connection: &mut SqliteConnection,
        streams: &[StreamId],
        commands: &[CommandId],
    ) -> Result<Known, Trouble> {
        sqlx::query("begin immediate").execute(&mut *connection).await?;
        let head = read_head(connection).await?;
        let versions: Vec<i64> = sqlx::query_scalar(SELECT_VERSIONS)
            .bind(streams_as_json(streams))
            .fetch_all(&mut *connection)
            .await?;
        let receipts = sqlx::query(
            "select command_id, tenant, input_hash, first_position, position, result, recorded_at
            from receipts
            where command_id in (select unhex(value) from json_each(?))",
        )
        .bind(commands_as_json(commands))
        .fetch_all(connection)
        .await?;
        Ok(Known {
            head,
            versions: streams
                .iter()
                .copied()
                .zip(versions.into_iter().map(unsigned))
                .collect(),
            receipts: rows::receipts(&receipts, 0)?,
        })
    }
}

fn commands_as_json(commands: &[CommandId]) -> String {
    let commands: Vec<_> = commands
        .iter()
        .map(|command| command.uuid().simple().to_string())
        .collect();
    serde_json::json!(commands).to_string()
}

#[async_trait]
impl Writer for SqliteWriter {
    async fn begin(&mut self, streams: &[StreamId], commands: &[CommandId]) -> Result<Known, Trouble> {
        Self::read_known(self.connection().await?, streams, commands).await
    }

    async fn write(&mut self, batch: &Batch) -> Result<(), Trouble> {
        let connection = self.connection().await?;
        for events in batch.events.chunks(ROWS) {
            insert_events(connection, events).await?;
            insert_links(connection, events).await?;
        }
        for receipts in batch.receipts.chunks(ROWS) {
            insert_receipts(connection, receipts).await?;
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Trouble> {
        sqlx::query("commit").execute(self.connection().await?).await?;
        Ok(())
    }

    async fn abandon(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        if sqlx::query("rollback").execute(&mut connection).await.is_ok() {
            self.connection = Some(connection);
        }
    }

    async fn close(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(error = %error, "the log's file was not closed in good order");
        }
    }
}

async fn insert_events(connection: &mut SqliteConnection, events: &[Recorded]) -> Result<(), Trouble> {
    let actors = rows::actors(events)?;
    let mut sql = QueryBuilder::<Sqlite>::new(
        "insert into events (position, tenant, category, stream_id, version, event_id, type, schema_version, \
         occurred_at, recorded_at, actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, \
         payload) ",
    );
    sql.push_values(events.iter().zip(actors), |mut row, (event, actor)| {
        let envelope = &event.envelope;
        row.push_bind(number(envelope.position.0))
            .push_bind(envelope.stream.tenant.uuid())
            .push_bind(envelope.stream.category.name())
            .push_bind(envelope.stream.id)
            .push_bind(number(envelope.version))
            .push_bind(envelope.event_id.uuid())
            .push_bind(envelope.event_type.clone())
            .push_bind(i32::from(envelope.schema_version))
            .push_bind(envelope.occurred_at.timestamp_micros())
            .push_bind(envelope.recorded_at.timestamp_micros())
            .push_bind(actor)
            .push_bind(envelope.command_id.uuid())
            .push_bind(envelope.correlation_id.uuid())
            .push_bind(envelope.causation_id.map(domain::ids::Id::uuid))
            .push_bind(packed(envelope.subjects.iter().map(|subject| subject.uuid())))
            .push_bind(packed(envelope.links.iter().copied()))
            .push_bind(envelope.trace.clone())
            .push_bind(envelope.hash.to_vec())
            .push_bind(event.payload.to_vec());
    });
    sql.build().execute(connection).await?;
    Ok(())
}

async fn insert_links(connection: &mut SqliteConnection, events: &[Recorded]) -> Result<(), Trouble> {
    let links: Vec<_> = events
        .iter()
        .flat_map(|event| {
            let position = number(event.envelope.position.0);
            rows::links(&event.envelope)
                .into_iter()
                .map(move |(id, kind)| (id, kind, position))
        })
        .collect();
    // Events may have many subjects, so links are counted on their own.
    for links in links.chunks(ROWS) {
        let mut sql = QueryBuilder::<Sqlite>::new("insert into event_links (id, kind, position) ");
        sql.push_values(links, |mut row, (id, kind, position)| {
            row.push_bind(*id).push_bind(*kind).push_bind(*position);
        });
        sql.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_receipts(connection: &mut SqliteConnection, receipts: &[Receipt]) -> Result<(), Trouble> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "insert into receipts (command_id, tenant, input_hash, first_position, position, result, recorded_at) ",
    );
    sql.push_values(receipts, |mut row, receipt| {
        row.push_bind(receipt.command_id.uuid())
            .push_bind(receipt.tenant.uuid())
            .push_bind(receipt.input_hash.to_vec())
            .push_bind(receipt.first.map(|first| number(first.0)))
            .push_bind(number(receipt.position.0))
            .push_bind(receipt.result.clone())
            .push_bind(receipt.recorded_at.timestamp_micros());
    });
    sql.build().execute(connection).await?;
    Ok(())
}
