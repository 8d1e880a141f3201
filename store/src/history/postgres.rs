//! A log in PostgreSQL, read as a whole and filled from an export.

use std::{str::FromStr, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::envelope::{Position, Recorded};
use futures::StreamExt;
use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{sync::Mutex, task::JoinSet};

use super::{
    End, History, Links, Passing, Strays,
    copy::Waiting,
    import::{ImportError, Target},
    row::{exact, links},
    sqlite::link_rows,
};
use crate::{
    log::{ReadError, Receipt},
    merkle::Hash,
    migrations::{check_postgres, migrate_postgres},
    open_error::OpenError,
    postgres::MIGRATIONS,
    rows::{self, stored, unavailable, unsigned},
};

const SCHEMA: &str = "log";

/// The advisory lock of the node that signs heads; the number is arbitrary.
const LEADER_LOCK: i64 = 0x6772_6e72_6d00_0002;

/// Streams that are read at the same time, and one connection for short questions.
const READERS: u32 = 4;

/// How long a reader waits for a connection.
const ACQUIRE_WAIT: Duration = Duration::from_secs(10);

/// A log in schema `log`, to which nodes may append meanwhile.
#[derive(Debug)]
pub struct PostgresHistory {
    readers: PgPool,
    options: PgConnectOptions,
    /// The session that holds the lock of whoever signs.
    leading: Mutex<Option<PgConnection>>,
}

impl PostgresHistory {
    /// Connects to a database that holds a log. Nothing in it is changed.
    ///
    /// # Errors
    /// When it cannot be reached, holds none, or is of another version.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(OpenError::Address)?
            .options([("default_transaction_read_only", "on")])
            .disable_statement_logging();
        let readers = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_WAIT)
            .connect_with(options.clone())
            .await?;
        check_postgres(&mut *readers.acquire().await?, SCHEMA, MIGRATIONS).await?;
        Ok(Self {
            readers,
            options,
            leading: Mutex::new(None),
        })
    }
}

#[async_trait]
impl History for PostgresHistory {
    async fn end(&self) -> Result<End, ReadError> {
        let row = sqlx::query("select position, recorded_at, hash from log.head")
            .fetch_one(&self.readers)
            .await
            .map_err(unavailable)?;
        let head = rows::head(&row)?;
        Ok(End {
            position: head.position,
            hash: head.hash,
        })
    }

    fn events(&self, after: Position, until: Position) -> Passing<'_, Recorded> {
        sqlx::query(
            "select position, tenant, category, stream_id, version, event_id, type, schema_version, occurred_at,
                recorded_at, actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, payload
            from log.events
            where position > $1 and position <= $2
            order by position",
        )
        .bind(stored(after))
        .bind(stored(until))
        .fetch(&self.readers)
        .map(|row| exact(&row.map_err(unavailable)?))
        .boxed()
    }

    fn hashes(&self, until: Position) -> Passing<'_, Hash> {
        sqlx::query(
            "select position, recorded_at, hash from log.events where position <= $1 order by position",
        )
        .bind(stored(until))
        .fetch(&self.readers)
        .map(|row| Ok(rows::head(&row.map_err(unavailable)?)?.hash))
        .boxed()
    }

    fn receipts(&self, until: Position) -> Passing<'_, Receipt> {
        sqlx::query(
            "select command_id, tenant, input_hash, first_position, position, result, recorded_at
            from log.receipts
            where position <= $1
            order by position, first_position is null, command_id",
        )
        .bind(stored(until))
        .fetch(&self.readers)
        .map(|row| rows::receipt(&row.map_err(unavailable)?, 0))
        .boxed()
    }

    async fn receipts_of(&self, page: &[Recorded]) -> Result<Vec<Receipt>, ReadError> {
        let mut commands: Vec<_> = page
            .iter()
            .map(|event| event.envelope.command_id.uuid())
            .collect();
        commands.dedup();
        let rows = sqlx::query(
            "select command_id, tenant, input_hash, first_position, position, result, recorded_at
            from log.receipts
            where command_id = any($1)",
        )
        .bind(commands)
        .fetch_all(&self.readers)
        .await
        .map_err(unavailable)?;
        rows.iter().map(|row| rows::receipt(row, 0)).collect()
    }

    async fn linked(&self, until: Position) -> Result<Position, ReadError> {
        Ok(until)
    }

    fn links(&self, until: Position) -> Passing<'_, Links> {
        sqlx::query(
            "select position, string_agg(encode(uuid_send(id), 'hex') || kind, '' order by id, kind)
            from log.event_links
            where position <= $1
            group by position
            order by position",
        )
        .bind(stored(until))
        .fetch(&self.readers)
        .map(|row| links(&row.map_err(unavailable)?))
        .boxed()
    }

    async fn strays(&self) -> Result<Strays, ReadError> {
        let (behind, end): (Option<i64>, Option<i64>) = sqlx::query_as(
            "with last as (
                select coalesce(max(position), 0) as position from log.events
            )
            select
                (
                    select min(stray.position)
                    from (
                        select position from log.receipts where position > (select position from last)
                        union all
                        select position from log.event_links where position > (select position from last)
                    ) stray
                ),
                (
                    select last.position
                    from last
                    cross join log.head
                    left join log.events e on e.position = last.position
                    where head.position is distinct from last.position
                        or head.recorded_at is distinct from e.recorded_at
                        or head.hash is distinct from coalesce(e.hash, decode(repeat('00', 32), 'hex'))
                )",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(unavailable)?;
        Ok(Strays {
            behind_the_end: behind.map(unsigned).map(Position),
            end: end.map(unsigned).map(Position),
        })
    }

    async fn leads(&self) -> Result<bool, ReadError> {
        let mut leading = self.leading.lock().await;
        if let Some(session) = leading.as_mut() {
            if session.ping().await.is_ok() {
                return Ok(true);
            }
            // The session is gone, and the lock with it.
            *leading = None;
        }
        let mut session = self.options.connect().await.map_err(unavailable)?;
        let is_ours: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(LEADER_LOCK)
            .fetch_one(&mut session)
            .await
            .map_err(unavailable)?;
        if is_ours {
            *leading = Some(session);
        } else {
            session.close().await.map_err(unavailable)?;
        }
        Ok(is_ours)
    }

    async fn close(&self) {
        // The lock goes with the session.
        drop(self.leading.lock().await.take());
        self.readers.close().await;
    }
}

/// A log in schema `log` that is about to be filled.
#[derive(Debug)]
pub struct PostgresTarget {
    connection: Arc<Mutex<PgConnection>>,
    waiting: Waiting,
    /// Rows on their way, while more are waiting; one task at most.
    sending: JoinSet<Result<(), sqlx::Error>>,
}

impl PostgresTarget {
    /// Connects, makes the schema when it is absent, and brings it up to date.
    ///
    /// # Errors
    /// When it cannot be reached or is of another version.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        let mut connection = PgConnectOptions::from_str(url)
            .map_err(OpenError::Address)?
            .options([("synchronous_commit", "on")])
            .disable_statement_logging()
            .connect()
            .await?;
        migrate_postgres(&mut connection, SCHEMA, MIGRATIONS).await?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            waiting: Waiting::default(),
            sending: JoinSet::new(),
        })
    }

    /// Sends what waits as soon as what was sent before has arrived.
    async fn send(&mut self) -> Result<(), ImportError> {
        self.arrived().await?;
        let (connection, rows) = (self.connection.clone(), std::mem::take(&mut self.waiting));
        self.sending
            .spawn(async move { rows.send(&mut *connection.lock().await).await });
        Ok(())
    }

    async fn arrived(&mut self) -> Result<(), ImportError> {
        while let Some(sent) = self.sending.join_next().await {
            sent??;
        }
        Ok(())
    }
}

#[async_trait]
impl Target for PostgresTarget {
    async fn begin(&mut self) -> Result<bool, ImportError> {
        // Whoever appends locks this row first, so nobody does until this transaction is over.
        sqlx::raw_sql("begin isolation level read committed; select position from log.head for update")
            .execute(&mut *self.connection.lock().await)
            .await?;
        let is_empty = sqlx::query_scalar(
            "select not exists (select 1 from log.events) and not exists (select 1 from log.receipts)",
        )
        .fetch_one(&mut *self.connection.lock().await)
        .await?;
        Ok(is_empty)
    }

    async fn write(&mut self, events: Vec<Recorded>, receipts: Vec<Receipt>) -> Result<(), ImportError> {
        for event in &events {
            self.waiting.event(event);
            link_rows(event).for_each(|link| self.waiting.link(link));
        }
        for receipt in &receipts {
            self.waiting.receipt(receipt);
        }
        if self.waiting.are_many() {
            self.send().await?;
        }
        Ok(())
    }

    async fn torn_stream(&mut self) -> Result<Option<Position>, ImportError> {
        self.send().await?;
        self.arrived().await?;
        let torn: Option<i64> = sqlx::query_scalar(
            "select min(last)
            from (
                select max(position) as last
                from log.events
                group by tenant, category, stream_id
                having count(*) <> max(version)
            ) torn",
        )
        .fetch_one(&mut *self.connection.lock().await)
        .await?;
        Ok(torn.map(unsigned).map(Position))
    }

    async fn commit(mut self: Box<Self>, last: Option<&Recorded>) -> Result<(), ImportError> {
        self.send().await?;
        self.arrived().await?;
        if let Some(last) = last {
            sqlx::query("update log.head set position = $1, recorded_at = $2, hash = $3")
                .bind(stored(last.envelope.position))
                .bind(last.envelope.recorded_at.timestamp_micros())
                .bind(last.envelope.hash.as_slice())
                .execute(&mut *self.connection.lock().await)
                .await?;
        }
        sqlx::raw_sql("commit")
            .execute(&mut *self.connection.lock().await)
            .await?;
        if let Some(connection) = Arc::into_inner(self.connection) {
            connection.into_inner().close().await?;
        }
        Ok(())
    }
}
