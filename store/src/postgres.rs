//! The log in a PostgreSQL database, shared by any number of nodes.
//!
//! Whoever appends first locks the one row of `log.head`, so nodes take turns, positions have no gaps, and what a
//! reader sees is always a beginning of the log. `synchronous_commit = on`: what was acknowledged is durable. Other
//! nodes hear of a new position by NOTIFY, which carries the number alone and may get lost; asking the head row now
//! and then is what can be relied on.

mod writer;

use std::{str::FromStr, time::Duration};

use async_trait::async_trait;
use domain::{
    envelope::{Position, StreamId},
    ids::CommandId,
    time::Instant,
};
use futures::TryStreamExt;
use sqlx::{
    ConnectOptions, Connection, PgPool, Postgres,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{sync::watch, task::AbortHandle, time::MissedTickBehavior};
use tracing::warn;
use uuid::Uuid;

use crate::{
    appender::{Appender, QueueLimits, advance},
    log::{Append, AppendError, Capabilities, Events, Log, Query, ReadError, Receipt},
    migrations::{Migration, migrate_postgres},
    open_error::OpenError,
    postgres::writer::PostgresWriter,
    rows::{self, Found, Page, Pages, Tables, unavailable, unsigned},
};

/// Migrations of schema `log`.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_create_log",
        sql: include_str!("../../migrations/postgres/0001_create_log.sql"),
    },
    Migration {
        name: "0004_drop_events_by_stream_id",
        sql: include_str!("../../migrations/postgres/0004_drop_events_by_stream_id.sql"),
    },
    Migration {
        name: "0016_move_indexes_out",
        sql: include_str!("../../migrations/postgres/0016_move_indexes_out.sql"),
    },
];

const SCHEMA: &str = "log";

const TABLES: Tables = Tables {
    events: "log.events",
    links: "log.event_links",
    links_everything: false,
    one_of: (" and position = any(array(", "))"),
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
        let options = with_lasting_plans(options);
        let writer_options = writer_options(&options);
        let mut connection = writer_options.connect().await?;
        migrate_postgres(&mut connection, SCHEMA, MIGRATIONS).await?;
        connection.close().await?;

        let readers = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_WAIT)
            .connect_with(options)
            .await?;
        let tail = watch::Sender::new(read_head(&readers).await?);
        let follower = tokio::spawn(follow(readers.clone(), tail.clone())).abort_handle();
        let writer = PostgresWriter::new(writer_options);
        Ok(Self {
            readers,
            appender: Appender::start(writer, limits, tail.clone())?,
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

/// Plans are made once and kept, and never of how large the tables are: a plan that suits small ones walks large ones from
/// end to end. Every statement about the log finds an index that has what it asks for in the order it asks. What scans or
/// sorts nevertheless, as the one row of the head, counts as expensive then, for which code would be compiled each time.
fn with_lasting_plans(options: PgConnectOptions) -> PgConnectOptions {
    options.options([
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("enable_bitmapscan", "off"),
        ("enable_sort", "off"),
        ("jit", "off"),
    ])
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
impl Pages for PgPool {
    async fn page(&self, page: &Page) -> Result<Found, ReadError> {
        let mut sql = rows::select::<Postgres>(TABLES, page);
        let mut rows = sql.build().fetch(self);
        let mut found = Found::default();
        while let Some(row) = rows.try_next().await.map_err(unavailable)? {
            if !found.add(rows::recorded(&row)?) {
                break;
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Log for PostgresLog {
    fn capabilities(&self) -> Capabilities {
        Capabilities::ALL
    }

    async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        self.appender.append(append).await
    }

    fn read(&self, query: Query) -> Events<'_> {
        rows::read(self.readers.clone(), query)
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
