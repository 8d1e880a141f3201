//! The log in a PostgreSQL database, shared by any number of nodes.
//!
//! Whoever appends first locks the one row of `log.head`, so nodes take turns, positions have no gaps, and what a
//! reader sees is always a beginning of the log. `synchronous_commit = on`: what was acknowledged is durable. Other
//! nodes hear of a new position by NOTIFY, which carries the number alone and may get lost; asking the head row now
//! and then is what can be relied on.

use std::{str::FromStr, time::Duration};

use async_trait::async_trait;
use domain::{
    envelope::{Position, StreamId},
    ids::CommandId,
    time::Instant,
};
use futures::TryStreamExt;
use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool, Postgres, Row,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions, PgRow},
};
use tokio::{sync::watch, task::AbortHandle, time::MissedTickBehavior};
use tracing::warn;
use uuid::Uuid;

use crate::{
    appender::{Appender, QueueLimits, Trouble, Writer, advance},
    batch::{Batch, Known},
    log::{Append, AppendError, Capabilities, Events, Log, Query, ReadError, Receipt},
    migrations::{Migration, migrate_postgres},
    open_error::OpenError,
    rows::{self, Found, PAGE_BYTES, Page, Pages, Tables, number, packed, unavailable, unsigned},
};

/// Migrations of schema `log`.
pub const MIGRATIONS: &[Migration] = &[Migration {
    name: "0001_create_log",
    sql: include_str!("../../migrations/postgres/0001_create_log.sql"),
}];

const SCHEMA: &str = "log";

const TABLES: Tables = Tables {
    events: "log.events",
    links: "log.event_links",
};

/// Connections for reading, and one that listens.
const READERS: u32 = 5;

/// How long a reader waits for a connection before the log counts as unavailable.
const ACQUIRE_WAIT: Duration = Duration::from_secs(5);

const CHANNEL: &str = "greenroom_log";

/// How late a node may learn of another node's append when its NOTIFY was lost.
const POLL: Duration = Duration::from_millis(500);

/// A log in schema `log` of a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresLog {
    readers: PgPool,
    appender: Appender,
    tail: watch::Sender<Position>,
    follower: AbortHandle,
}

impl PostgresLog {
    /// Connects, makes the schema when it is absent, and brings it up to date.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        Self::connect_with(url, QueueLimits::default()).await
    }

    /// The same, with other limits of what may wait.
    pub async fn connect_with(url: &str, limits: QueueLimits) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(OpenError::Address)?
            .disable_statement_logging();
        let writer_options = writer_options(&options);
        let mut connection = writer_options.connect().await?;
        migrate_postgres(&mut connection, SCHEMA, MIGRATIONS).await?;

        let readers = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_WAIT)
            .connect_with(options)
            .await?;
        let tail = watch::Sender::new(read_head(&readers).await?);
        let follower = tokio::spawn(follow(readers.clone(), tail.clone())).abort_handle();
        let writer = PostgresWriter {
            options: writer_options,
            connection: Some(connection),
        };
        Ok(Self {
            readers,
            appender: Appender::start(writer, limits, tail.clone()),
            tail,
            follower,
        })
    }

    /// Stores what is waiting, then lets go of the database. Appends from now on are answered as unavailable.
    pub async fn close(&self) {
        self.appender.close().await;
        self.follower.abort();
        self.readers.close().await;
    }
}

impl Drop for PostgresLog {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

/// A node that hangs inside a transaction would keep all others from appending, so the server ends it.
fn writer_options(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().options([
        ("synchronous_commit", "on"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("statement_timeout", "30s"),
    ])
}

async fn read_head(pool: &PgPool) -> Result<Position, ReadError> {
    let head: i64 = sqlx::query_scalar("select position from log.head")
        .fetch_one(pool)
        .await
        .map_err(unavailable)?;
    Ok(Position(unsigned(head)))
}

/// Keeps the tail up to date with what other nodes append, until it is aborted.
async fn follow(readers: PgPool, tail: watch::Sender<Position>) {
    tokio::join!(listen(&readers, &tail), poll(&readers, &tail));
}

async fn poll(readers: &PgPool, tail: &watch::Sender<Position>) {
    let mut ticks = tokio::time::interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match read_head(readers).await {
            Ok(position) => advance(tail, position),
            Err(error) => warn!(error = %error, "the head of the log was not read, will retry"),
        }
    }
}

async fn listen(readers: &PgPool, tail: &watch::Sender<Position>) {
    loop {
        if let Err(error) = listen_once(readers, tail).await {
            warn!(error = %error, "not listening to appends of other nodes, polling only, will retry");
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn listen_once(readers: &PgPool, tail: &watch::Sender<Position>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(readers).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let notification = listener.recv().await?;
        // Anybody may notify; what is not a position is none of ours.
        if let Ok(position) = notification.payload().parse() {
            advance(tail, position);
        }
    }
}

/// Streams as one array per column.
struct Columns {
    tenants: Vec<Uuid>,
    categories: Vec<&'static str>,
    ids: Vec<Uuid>,
}

impl Columns {
    fn of(streams: &[StreamId]) -> Self {
        Self {
            tenants: streams.iter().map(|stream| stream.tenant.uuid()).collect(),
            categories: streams.iter().map(|stream| stream.category.name()).collect(),
            ids: streams.iter().map(|stream| stream.id).collect(),
        }
    }
}

#[async_trait]
impl Pages for PostgresLog {
    async fn page(&self, page: &Page) -> Result<Found, ReadError> {
        let mut sql = rows::select::<Postgres>(TABLES, page);
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
impl Log for PostgresLog {
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
        let columns = Columns::of(streams);
        let versions: Vec<i64> = sqlx::query_scalar(
            "select coalesce(found.version, 0)
            from unnest($1::uuid[], $2::text[], $3::uuid[])
                with ordinality asked (tenant, category, stream_id, n)
            left join lateral (
                select e.version
                from log.events e
                where e.tenant = asked.tenant
                    and e.category = asked.category
                    and e.stream_id = asked.stream_id
                order by e.version desc
                limit 1
            ) found on true
            order by asked.n",
        )
        .bind(columns.tenants)
        .bind(columns.categories)
        .bind(columns.ids)
        .fetch_all(&self.readers)
        .await
        .map_err(unavailable)?;
        Ok(versions.into_iter().map(unsigned).collect())
    }

    async fn head(&self) -> Result<Position, ReadError> {
        read_head(&self.readers).await
    }

    async fn position_at(&self, moment: Instant) -> Result<Position, ReadError> {
        // A binary search: positions have no gaps and recorded_at never goes back.
        let position: i64 = sqlx::query_scalar(
            "with recursive search (low, high) as (
                select 0::bigint, (select position from log.head)
                union all
                select
                    case when e.recorded_at <= $1 then e.position else low end,
                    case when e.recorded_at <= $1 then high else e.position - 1 end
                from search
                join log.events e on e.position = (low + high + 1) / 2
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
        let row = sqlx::query("select position, recorded_at, hash from log.head")
            .fetch_one(&self.readers)
            .await
            .map_err(unavailable)?;
        Ok(rows::head(&row)?.recorded_at)
    }

    async fn receipt(&self, command: CommandId) -> Result<Option<Receipt>, ReadError> {
        sqlx::query(
            "select command_id, tenant, input_hash, first_position, position, result, recorded_at
            from log.receipts
            where command_id = $1",
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

/// The connection that appends. Transactions are begun and ended by plain statements, and a connection whose
/// transaction did not end well is closed, upon which the server rolls it back.
struct PostgresWriter {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
}

impl PostgresWriter {
    async fn connection(&mut self) -> Result<&mut PgConnection, Trouble> {
        if self.connection.is_none() {
            self.connection = Some(self.options.connect().await?);
        }
        Ok(self.connection.as_mut().expect("it was opened the line before"))
    }

    async fn read_known(
        connection: &mut PgConnection,
        streams: &[StreamId],
        commands: &[CommandId],
    ) -> Result<Known, Trouble> {
        // One round trip. Read committed: once the lock is ours, the next statement sees all that was committed
        // while we waited for it.
        let head = sqlx::raw_sql(
            "begin isolation level read committed; select position, recorded_at, hash from log.head for update",
        )
        .fetch_all(&mut *connection)
        .await?;
        let head = head.first().ok_or(sqlx::Error::RowNotFound)?;
        let columns = Columns::of(streams);
        let commands: Vec<_> = commands.iter().map(|command| command.uuid()).collect();
        let rows = sqlx::query(
            "select
                asked.n, found.version,
                null::uuid, null::uuid, null::bytea, null::bigint, null::bigint, null::bytea, null::bigint
            from unnest($1::uuid[], $2::text[], $3::uuid[])
                with ordinality asked (tenant, category, stream_id, n)
            cross join lateral (
                select e.version
                from log.events e
                where e.tenant = asked.tenant
                    and e.category = asked.category
                    and e.stream_id = asked.stream_id
                order by e.version desc
                limit 1
            ) found
            union all
            select
                null, null,
                command_id, tenant, input_hash, first_position, position, result, recorded_at
            from log.receipts
            where command_id = any($4)",
        )
        .bind(columns.tenants)
        .bind(columns.categories)
        .bind(columns.ids)
        .bind(commands)
        .fetch_all(connection)
        .await?;
        let (versions, receipts): (Vec<_>, Vec<_>) = rows.iter().partition(|row| is_version(row));
        Ok(Known {
            head: rows::head(head)?,
            versions: versions
                .into_iter()
                .map(|row| version(streams, row))
                .collect::<Result<_, _>>()?,
            receipts: rows::receipts(receipts, 2)?,
        })
    }
}

fn is_version(row: &PgRow) -> bool {
    matches!(row.try_get::<Option<i64>, _>(0), Ok(Some(_)))
}

fn version(streams: &[StreamId], row: &PgRow) -> Result<(StreamId, u64), sqlx::Error> {
    let ordinal: i64 = row.try_get(0)?;
    let stream = usize::try_from(ordinal - 1)
        .ok()
        .and_then(|index| streams.get(index))
        .ok_or(sqlx::Error::RowNotFound)?;
    Ok((*stream, unsigned(row.try_get(1)?)))
}

/// Events, links, receipts, the head and the notification in one round trip.
const INSERT_BATCH: &str = "
    with new_events as (
        insert into log.events (
            position, tenant, category, stream_id, version, event_id, type, schema_version, occurred_at, recorded_at,
            actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, payload
        )
        select *
        from unnest(
            $1::bigint[], $2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::uuid[], $7::text[], $8::integer[],
            $9::bigint[], $10::bigint[], $11::text[], $12::uuid[], $13::uuid[], $14::uuid[], $15::bytea[],
            $16::bytea[], $17::text[], $18::bytea[], $19::bytea[]
        )
    ), new_links as (
        insert into log.event_links (id, kind, position)
        select *
        from unnest($20::uuid[], $21::smallint[], $22::bigint[])
    ), new_receipts as (
        insert into log.receipts (command_id, tenant, input_hash, first_position, position, result, recorded_at)
        select *
        from unnest(
            $23::uuid[], $24::uuid[], $25::bytea[], $26::bigint[], $27::bigint[], $28::bytea[], $29::bigint[]
        )
    ), new_head as (
        update log.head
        set position = $30, recorded_at = $31, hash = $32
        where position < $30
    )
    select pg_notify('greenroom_log', $30::bigint::text)";

#[async_trait]
impl Writer for PostgresWriter {
    async fn begin(&mut self, streams: &[StreamId], commands: &[CommandId]) -> Result<Known, Trouble> {
        Self::read_known(self.connection().await?, streams, commands).await
    }

    async fn write(&mut self, batch: &Batch) -> Result<(), Trouble> {
        let actors = rows::actors(&batch.events)?;
        let envelopes = || batch.events.iter().map(|event| &event.envelope);
        let links = || {
            envelopes().flat_map(|envelope| {
                let position = number(envelope.position.0);
                rows::links(envelope)
                    .into_iter()
                    .map(move |(id, kind)| (id, kind, position))
            })
        };
        let receipts = || batch.receipts.iter();
        let head = batch.head();
        sqlx::query(INSERT_BATCH)
            .bind(all(envelopes(), |it| number(it.position.0)))
            .bind(all(envelopes(), |it| it.stream.tenant.uuid()))
            .bind(all(envelopes(), |it| it.stream.category.name()))
            .bind(all(envelopes(), |it| it.stream.id))
            .bind(all(envelopes(), |it| number(it.version)))
            .bind(all(envelopes(), |it| it.event_id.uuid()))
            .bind(all(envelopes(), |it| it.event_type.as_str()))
            .bind(all(envelopes(), |it| i32::from(it.schema_version)))
            .bind(all(envelopes(), |it| it.occurred_at.timestamp_micros()))
            .bind(all(envelopes(), |it| it.recorded_at.timestamp_micros()))
            .bind(actors)
            .bind(all(envelopes(), |it| it.command_id.uuid()))
            .bind(all(envelopes(), |it| it.correlation_id.uuid()))
            .bind(all(envelopes(), |it| it.causation_id.map(domain::ids::Id::uuid)))
            .bind(all(envelopes(), |it| {
                packed(it.subjects.iter().map(|subject| subject.uuid()))
            }))
            .bind(all(envelopes(), |it| packed(it.links.iter().copied())))
            .bind(all(envelopes(), |it| it.trace.as_deref()))
            .bind(all(envelopes(), |it| it.hash.as_slice()))
            .bind(all(batch.events.iter(), |event| &*event.payload))
            .bind(all(links(), |(id, _, _)| id))
            .bind(all(links(), |(_, kind, _)| kind))
            .bind(all(links(), |(_, _, position)| position))
            .bind(all(receipts(), |it| it.command_id.uuid()))
            .bind(all(receipts(), |it| it.tenant.uuid()))
            .bind(all(receipts(), |it| it.input_hash.as_slice()))
            .bind(all(receipts(), |it| it.first.map(rows::stored)))
            .bind(all(receipts(), |it| rows::stored(it.position)))
            .bind(all(receipts(), |it| it.result.as_slice()))
            .bind(all(receipts(), |it| it.recorded_at.timestamp_micros()))
            .bind(rows::stored(head.position))
            .bind(head.recorded_at.map(|moment| moment.timestamp_micros()))
            .bind(head.hash.as_slice())
            .execute(self.connection().await?)
            .await?;
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
            warn!(error = %error, "the connection that appends was not closed in good order");
        }
    }
}

/// One column of a batch.
fn all<T, V>(items: impl Iterator<Item = T>, value: impl Fn(T) -> V) -> Vec<V> {
    items.map(value).collect()
}
