//! The effects database: `effects.db`, or the schema `effects` of a PostgreSQL database.
//!
//! Everything in it is found again by replaying the log. Leases and pauses are measured by the database's own time, so
//! that a business clock that jumps, or differs between nodes, does not matter.

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use domain::{
    envelope::{Envelope, Position},
    ids::{CorrelationId, EffectId, EventId, Id, InterviewId, Kind, OrganisationId},
    processes::{Progress, Wanted, deed::Deed, state::InterviewProcess},
    time::Instant,
};
use sqlx::{
    PgPool, QueryBuilder, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use store::migrations::{Migration, MigrationError, migrate_postgres, migrate_sqlite};
use uuid::Uuid;

use crate::owner::{LOCK, Owner};

const SQLITE: &[Migration] = &[
    Migration {
        name: "0003_create_effects",
        sql: include_str!("../../migrations/sqlite/0003_create_effects.sql"),
    },
    Migration {
        name: "0013_name_effect_owners",
        sql: include_str!("../../migrations/sqlite/0013_name_effect_owners.sql"),
    },
    Migration {
        name: "0014_doubt_effects",
        sql: include_str!("../../migrations/sqlite/0014_doubt_effects.sql"),
    },
    Migration {
        name: "0023_create_calendar_feeds",
        sql: include_str!("../../migrations/sqlite/0023_create_calendar_feeds.sql"),
    },
];
const POSTGRES: &[Migration] = &[
    Migration {
        name: "0003_create_effects",
        sql: include_str!("../../migrations/postgres/0003_create_effects.sql"),
    },
    Migration {
        name: "0013_name_effect_owners",
        sql: include_str!("../../migrations/postgres/0013_name_effect_owners.sql"),
    },
    Migration {
        name: "0014_doubt_effects",
        sql: include_str!("../../migrations/postgres/0014_doubt_effects.sql"),
    },
    Migration {
        name: "0023_create_calendar_feeds",
        sql: include_str!("../../migrations/postgres/0023_create_calendar_feeds.sql"),
    },
];

/// Fences of one epoch lie above all fences of the epoch before: nobody claims one effect so often.
const FENCES_PER_EPOCH: i64 = 1 << 32;
/// Most rows of one statement, so that its values stay below what both databases take.
const ROWS_PER_STATEMENT: usize = 500;

/// Why the effects database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The database cannot be reached, or failed.
    #[error("the effects database is unavailable")]
    Unavailable(#[from] sqlx::Error),
    /// Its tables could not be brought up to date.
    #[error("the effects database cannot be migrated")]
    Migration(#[from] MigrationError),
    /// What is stored is not what was written; a rebuild mends it.
    #[error("the effects database holds something unreadable: {0}")]
    Unreadable(&'static str),
}

/// The effects database.
#[derive(Clone, Debug)]
pub enum Db {
    /// A file of its own.
    Sqlite(SqlitePool),
    /// The schema `effects`, found through the search path of each connection, and the session of this node.
    Postgres(PgPool, Arc<Owner>),
}

/// The same statements for both databases.
macro_rules! on {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            Db::Sqlite($pool) => $body,
            Db::Postgres($pool, _) => $body,
        }
    };
}

/// How far the log was followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// The last event that was heard.
    pub position: Position,
    /// Which replay this is.
    pub epoch: i64,
    /// True once the replay reached the head: deeds may be done.
    pub ready: bool,
}

/// What one batch of events changes.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// States of processes, by tenant and interview.
    pub states: Vec<(OrganisationId, InterviewId, InterviewProcess)>,
    /// New effects, with the event that wants each.
    pub wanted: Vec<(Wanted, Envelope)>,
    /// What became of effects, in the order of the log.
    pub progress: Vec<Progress>,
}

/// An effect somebody has claimed: theirs until the lease is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// Which effect.
    pub effect: EffectId,
    /// Whose.
    pub tenant: OrganisationId,
    /// What is to be done.
    pub deed: Deed,
    /// The event that wants it.
    pub cause: EventId,
    /// The request that event came from.
    pub correlation: CorrelationId,
    /// W3C trace context of that request.
    pub trace: Option<String>,
    /// Which attempt this is, from 1, over all runners and rebuilds.
    pub attempt: u32,
    /// Attempts since a person last wanted it tried, or since the beginning; this one included.
    pub tries: u32,
    /// Attempts that stand in the log: the next call is announced as one more.
    pub announced: u32,
    /// So many of them are known not to have taken effect, or were accepted as they are by a person.
    pub cleared: u32,
    /// True when nobody knows whether what it wants was done: by an attempt, or after the backup that was restored.
    pub in_doubt: bool,
    /// True when a restore has put it in doubt.
    pub restored: bool,
    /// Earliest business time for it.
    pub due: Instant,
    /// Guards everything the holder writes about it.
    pub fence: i64,
}

/// How many effects are in which state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// To be done, now or later.
    pub open: u64,
    /// To be done now.
    pub due: u64,
    /// Done.
    pub done: u64,
    /// Given up, and waiting for a person.
    pub dead: u64,
}

/// A dead letter, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadLetter {
    /// Which effect.
    pub effect: EffectId,
    /// Position of the event that wanted it.
    pub position: Position,
    /// What was to be done.
    pub deed: Deed,
    /// How often it was tried.
    pub attempts: u32,
    /// Short code of the last failure.
    pub code: String,
    /// True when an attempt stands in the log whose outcome is not known.
    pub in_doubt: bool,
}

/// A place in the list of dead letters, which are in the order of their positions and ids.
pub type Place = (Position, EffectId);

/// Which part of the dead letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Those behind a place, or the first ones.
    After(Option<Place>),
    /// Those before a place, or the last ones.
    Before(Option<Place>),
}

/// A claimed row, in the order in which [`CLAIM_SQLITE`] and [`CLAIM_POSTGRES`] return its columns.
type Claimed = (
    Vec<u8>,
    Vec<u8>,
    String,
    Vec<u8>,
    Vec<u8>,
    Option<String>,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
);

/// A dead letter's row: effect, position, deed, attempts, code, whether it is in doubt.
type Dead = (Vec<u8>, i64, String, i64, String, i64);

impl Db {
    /// Opens `effects.db`, and makes it when it is not there. A transaction lost in a power cut is found again in the
    /// log, so the file is not synchronised at every commit. One process owns the data folder, so whoever still holds a
    /// lease is gone: what they had begun is tried again at once.
    ///
    /// # Errors
    /// [`DbError`], when the file cannot be opened or belongs to a newer version.
    pub async fn open_sqlite(file: &Path) -> Result<Self, DbError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        migrate_sqlite(&mut *pool.acquire().await?, SQLITE).await?;
        sqlx::query("update effects set lease_until = 0 where lease_until > 0 and state = 'open'")
            .execute(&pool)
            .await?;
        Ok(Self::Sqlite(pool))
    }

    /// Opens `effects.db` to look at it beside the server that owns it: whatever writes fails.
    ///
    /// # Errors
    /// [`DbError`], when the file is not there or cannot be opened.
    pub async fn look_at_sqlite(file: &Path) -> Result<Self, DbError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .read_only(true)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await?;
        Ok(Self::Sqlite(pool))
    }

    /// Opens the schema `effects` of a PostgreSQL database, and makes it when it is not there. Whoever claims keeps one
    /// connection more: what a node had begun is free as soon as its session is over.
    ///
    /// # Errors
    /// [`DbError`], when the database cannot be reached or belongs to a newer version.
    pub async fn open_postgres(url: &str, connections: u32) -> Result<Self, DbError> {
        let options = PgConnectOptions::from_str(url)?.options([("search_path", "effects")]);
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .connect_with(options.clone())
            .await?;
        migrate_postgres(&mut *pool.acquire().await?, "effects", POSTGRES).await?;
        Ok(Self::Postgres(pool, Arc::new(Owner::new(options))))
    }

    /// Closes all connections.
    pub async fn close(&self) {
        if let Self::Postgres(_, owner) = self {
            owner.close().await;
        }
        on!(self, pool => pool.close().await);
    }

    const fn begin(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "begin immediate",
            Self::Postgres(_, _) => "begin",
        }
    }

    /// How far the log was followed.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn checkpoint(&self) -> Result<Checkpoint, DbError> {
        const SQL: &str = "select position, epoch, ready from checkpoint where one = 1";
        let row: (i64, i64, i64) = on!(self, pool => sqlx::query_as(SQL).fetch_one(pool).await?);
        let (position, epoch, ready) = row;
        Ok(Checkpoint {
            position: Position(u64::try_from(position).map_err(|_| DbError::Unreadable("checkpoint"))?),
            epoch,
            ready: ready == 1,
        })
    }

    /// The states of these processes, in no order; those that have none are left out.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn states(
        &self,
        keys: &[(OrganisationId, InterviewId)],
    ) -> Result<Vec<(OrganisationId, InterviewId, InterviewProcess)>, DbError> {
        let mut states = Vec::with_capacity(keys.len());
        for keys in keys.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<(Vec<u8>, Vec<u8>, String)> = on!(self, pool => {
                let mut sql = QueryBuilder::new(
                    "select tenant, interview, state from process_states where (tenant, interview) in (values ",
                );
                let mut tuples = sql.separated(", ");
                for (tenant, interview) in keys {
                    tuples.push("(").push_bind_unseparated(bytes(*tenant));
                    tuples.push_unseparated(", ").push_bind_unseparated(bytes(*interview)).push_unseparated(")");
                }
                sql.push(")");
                sql.build_query_as().fetch_all(pool).await?
            });
            for (tenant, interview, state) in rows {
                let state = serde_json::from_str(&state).map_err(|_| DbError::Unreadable("process state"))?;
                states.push((id(&tenant)?, id(&interview)?, state));
            }
        }
        Ok(states)
    }

    /// Writes what a batch of events changed together with the checkpoint, in one transaction. False when somebody
    /// else has moved the checkpoint since: nothing was written then.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn advance(&self, from: Checkpoint, to: Position, changes: &Changes) -> Result<bool, DbError> {
        const MOVE: &str =
            "update checkpoint set position = $1 where one = 1 and position = $2 and epoch = $3";
        let begin = self.begin();
        on!(self, pool => {
            let mut tx = pool.begin_with(begin).await?;
            // First, because it locks the row: of two nodes that heard the same events only one goes on.
            let moved = sqlx::query(MOVE)
                .bind(number(to))
                .bind(number(from.position))
                .bind(from.epoch)
                .execute(&mut *tx)
                .await?;
            if moved.rows_affected() == 0 {
                return Ok(false);
            }
            for states in changes.states.chunks(ROWS_PER_STATEMENT) {
                let mut sql = QueryBuilder::new("insert into process_states (tenant, interview, state) ");
                sql.push_values(states, |mut row, (tenant, interview, state)| {
                    row.push_bind(bytes(*tenant)).push_bind(bytes(*interview)).push_bind(json(state));
                });
                sql.push(" on conflict (tenant, interview) do update set state = excluded.state");
                sql.build().execute(&mut *tx).await?;
            }
            for wanted in changes.wanted.chunks(ROWS_PER_STATEMENT) {
                let mut sql = QueryBuilder::new(
                    "insert into effects (id, tenant, deed, cause, correlation, trace, position, due_at, fence) ",
                );
                sql.push_values(wanted, |mut row, (wanted, cause)| {
                    row.push_bind(bytes(wanted.id))
                        .push_bind(bytes(cause.stream.tenant))
                        .push_bind(json(&wanted.deed))
                        .push_bind(bytes(cause.event_id))
                        .push_bind(bytes(cause.correlation_id))
                        .push_bind(cause.trace.clone())
                        .push_bind(number(cause.position))
                        .push_bind(wanted.due.timestamp_micros())
                        .push_bind(from.epoch * FENCES_PER_EPOCH);
                });
                sql.push(" on conflict (id) do nothing");
                sql.build().execute(&mut *tx).await?;
            }
            for progress in &changes.progress {
                match progress {
                    Progress::Done(_) => {}
                    Progress::Attempted { effect, attempt } => {
                        sqlx::query(ATTEMPTED).bind(bytes(*effect)).bind(i64::from(*attempt)).execute(&mut *tx).await?;
                    }
                    Progress::GaveUp { effect, attempts, code } => {
                        sqlx::query(GAVE_UP)
                            .bind(bytes(*effect))
                            .bind(i64::from(*attempts))
                            .bind(code.as_str())
                            .execute(&mut *tx)
                            .await?;
                    }
                    Progress::Restored { position, at } => {
                        sqlx::query(RESTORED)
                            .bind(number(*position))
                            .bind(at.timestamp_micros())
                            .execute(&mut *tx)
                            .await?;
                    }
                    Progress::Retried(effect) => {
                        sqlx::query(RETRIED).bind(bytes(*effect)).execute(&mut *tx).await?;
                    }
                }
            }
            // Last, because an outcome stands, whatever was recorded on the way to it.
            let done: Vec<_> = changes.progress.iter().filter_map(outcome_of).collect();
            for done in done.chunks(ROWS_PER_STATEMENT) {
                let mut sql = QueryBuilder::new("update effects set state = 'done', lease_until = 0 where id in (");
                let mut ids = sql.separated(", ");
                for effect in done {
                    ids.push_bind(bytes(*effect));
                }
                sql.push(")");
                sql.build().execute(&mut *tx).await?;
            }
            tx.commit().await?;
        });
        Ok(true)
    }

    /// The effects whose outcome the log has not shown as an event: some may have been accepted as a no-op.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn open_effects(&self) -> Result<Vec<EffectId>, DbError> {
        const SQL: &str = "select id from effects where state <> 'done' order by position, id";
        let rows: Vec<(Vec<u8>,)> = on!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.iter().map(|(effect,)| id(effect)).collect()
    }

    /// Says that an effect is done, whoever did it.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn close_effect(&self, effect: EffectId) -> Result<(), DbError> {
        const SQL: &str = "update effects set state = 'done', lease_until = 0 where id = $1";
        on!(self, pool => sqlx::query(SQL).bind(bytes(effect)).execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Lets deeds be done: the replay of this epoch has reached the head.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn make_ready(&self, epoch: i64) -> Result<(), DbError> {
        const SQL: &str = "update checkpoint set ready = 1 where one = 1 and epoch = $1";
        on!(self, pool => sqlx::query(SQL).bind(epoch).execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Forgets everything, so that it is found again from the start of the log. Nothing is done until then, and what
    /// is held under a lease of before can no longer be written.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn forget(&self) -> Result<(), DbError> {
        const STATEMENTS: [&str; 4] = [
            "update checkpoint set position = 0, ready = 0, epoch = epoch + 1 where one = 1",
            "delete from effects",
            "delete from process_states",
            "delete from calendar_feeds",
        ];
        let begin = self.begin();
        on!(self, pool => {
            let mut tx = pool.begin_with(begin).await?;
            for statement in STATEMENTS {
                sqlx::query(statement).execute(&mut *tx).await?;
            }
            tx.commit().await?;
        });
        Ok(())
    }

    /// Claims at most so many effects that are due at a business time and free: by the database's time, or because the
    /// node that held them is gone.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn claim(&self, now: Instant, most: usize, lease: Duration) -> Result<Vec<Task>, DbError> {
        let rows: Vec<Claimed> = match self {
            Self::Sqlite(pool) => {
                sqlx::query_as(CLAIM_SQLITE)
                    .bind(now.timestamp_micros())
                    .bind(most as i64)
                    .bind(millis(lease))
                    .fetch_all(pool)
                    .await?
            }
            Self::Postgres(_, owner) => {
                let claim = sqlx::query_as(CLAIM_POSTGRES)
                    .bind(now.timestamp_micros())
                    .bind(most as i64)
                    .bind(millis(lease))
                    .bind(i64::from(LOCK));
                owner.ask(claim).await?
            }
        };
        let mut tasks: Vec<(i64, Task)> = rows.into_iter().map(task).collect::<Result<_, _>>()?;
        tasks.sort_by_key(|(position, task)| (task.due, *position));
        Ok(tasks.into_iter().map(|(_, task)| task).collect())
    }

    /// True while nobody else has claimed the effect since.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn holds(&self, task: &Task) -> Result<bool, DbError> {
        const SQL: &str = "select count(*) from effects where id = $1 and fence = $2";
        let (held,): (i64,) = on!(self, pool => sqlx::query_as(SQL)
            .bind(bytes(task.effect))
            .bind(task.fence)
            .fetch_one(pool)
            .await?);
        Ok(held == 1)
    }

    /// Says that a claimed effect is done. False when the claim is no longer held.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn finish(&self, task: &Task) -> Result<bool, DbError> {
        const SQL: &str =
            "update effects set state = 'done', lease_until = 0, code = null where id = $1 and fence = $2";
        let changed = on!(self, pool => sqlx::query(SQL)
            .bind(bytes(task.effect))
            .bind(task.fence)
            .execute(pool)
            .await?
            .rows_affected());
        Ok(changed == 1)
    }

    /// Gives a claimed effect back, to be looked at again at a business time; tries are counted anew from there. False when the
    /// claim is no longer held.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn put_off(&self, task: &Task, due: Instant, code: Option<&str>) -> Result<bool, DbError> {
        const SQL: &str = "
            update effects
            set lease_until = 0, not_before = 0, due_at = $3, code = $4, retried_at = attempts, restored = 0
            where id = $1 and fence = $2";
        let changed = on!(self, pool => sqlx::query(SQL)
            .bind(bytes(task.effect))
            .bind(task.fence)
            .bind(due.timestamp_micros())
            .bind(code)
            .execute(pool)
            .await?
            .rows_affected());
        Ok(changed == 1)
    }

    /// Gives a claimed effect back, to be tried again after a pause. False when the claim is no longer held.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn postpone(&self, task: &Task, pause: Duration, code: &str) -> Result<bool, DbError> {
        const SQLITE: &str = "
            update effects
            set lease_until = 0, code = $4, cleared = $5, not_before = cast(unixepoch('subsec') * 1000 as integer) + $3
            where id = $1 and fence = $2";
        const POSTGRES: &str = "
            update effects
            set lease_until = 0, code = $4, cleared = $5,
                not_before = (extract(epoch from clock_timestamp()) * 1000)::bigint + $3
            where id = $1 and fence = $2";
        let changed = match self {
            Self::Sqlite(pool) => sqlx::query(SQLITE)
                .bind(bytes(task.effect))
                .bind(task.fence)
                .bind(millis(pause))
                .bind(code)
                .bind(i64::from(task.cleared))
                .execute(pool)
                .await?
                .rows_affected(),
            Self::Postgres(pool, _) => sqlx::query(POSTGRES)
                .bind(bytes(task.effect))
                .bind(task.fence)
                .bind(millis(pause))
                .bind(code)
                .bind(i64::from(task.cleared))
                .execute(pool)
                .await?
                .rows_affected(),
        };
        Ok(changed == 1)
    }

    /// Says that a claimed effect was given up. False when the claim is no longer held.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn bury(&self, task: &Task, code: &str) -> Result<bool, DbError> {
        const SQL: &str =
            "update effects set state = 'dead', lease_until = 0, code = $3 where id = $1 and fence = $2";
        let changed = on!(self, pool => sqlx::query(SQL)
            .bind(bytes(task.effect))
            .bind(task.fence)
            .bind(code)
            .execute(pool)
            .await?
            .rows_affected());
        Ok(changed == 1)
    }

    /// How many effects are in which state at a business time.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn counts(&self, now: Instant) -> Result<Counts, DbError> {
        const SQL: &str = "
            select
                count(case when state = 'open' then 1 end),
                count(case when state = 'open' and due_at <= $1 then 1 end),
                count(case when state = 'done' then 1 end),
                count(case when state = 'dead' then 1 end)
            from effects";
        let row = on!(self, pool => sqlx::query_as(SQL)
            .bind(now.timestamp_micros())
            .fetch_one(pool)
            .await?);
        Ok(counted(row))
    }

    /// When the next effect is due that is not due yet.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn next_due(&self, now: Instant) -> Result<Option<Instant>, DbError> {
        const SQL: &str = "select min(due_at) from effects where state = 'open' and due_at > $1";
        let row: (Option<i64>,) = on!(self, pool => sqlx::query_as(SQL)
            .bind(now.timestamp_micros())
            .fetch_one(pool)
            .await?);
        row.0.map(instant).transpose()
    }

    /// How many effects of an organisation are in which state at a business time.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn counts_of(&self, tenant: OrganisationId, now: Instant) -> Result<Counts, DbError> {
        const SQL: &str = "
            select
                count(case when state = 'open' then 1 end),
                count(case when state = 'open' and due_at <= $1 then 1 end),
                count(case when state = 'done' then 1 end),
                count(case when state = 'dead' then 1 end)
            from effects
            where tenant = $2";
        let row = on!(self, pool => sqlx::query_as(SQL)
            .bind(now.timestamp_micros())
            .bind(bytes(tenant))
            .fetch_one(pool)
            .await?);
        Ok(counted(row))
    }

    /// What an organisation's effects were given up, newest last, at most so many.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn dead_letters(
        &self,
        tenant: OrganisationId,
        part: Part,
        most: u32,
    ) -> Result<Vec<DeadLetter>, DbError> {
        const AFTER: &str = "
            select id, position, deed, attempts, coalesce(code, ''),
                cast(case when announced > cleared or restored > 0 then 1 else 0 end as bigint)
            from effects
            where state = 'dead' and tenant = $1 and (position > $2 or position = $2 and id > $3)
            order by position, id
            limit $4";
        const BEFORE: &str = "
            select id, position, deed, attempts, coalesce(code, ''),
                cast(case when announced > cleared or restored > 0 then 1 else 0 end as bigint)
            from effects
            where state = 'dead' and tenant = $1 and (position < $2 or position = $2 and id < $3)
            order by position desc, id desc
            limit $4";
        let (sql, position, effect) = match part {
            Part::After(Some((position, effect))) => (AFTER, number(position), bytes(effect)),
            Part::After(None) => (AFTER, -1, Vec::new()),
            Part::Before(Some((position, effect))) => (BEFORE, number(position), bytes(effect)),
            Part::Before(None) => (BEFORE, i64::MAX, Vec::new()),
        };
        let rows: Vec<Dead> = on!(self, pool => sqlx::query_as(sql)
            .bind(bytes(tenant))
            .bind(position)
            .bind(effect)
            .bind(i64::from(most))
            .fetch_all(pool)
            .await?);
        let letters = rows.into_iter().map(dead_letter);
        match part {
            Part::After(_) => letters.collect(),
            Part::Before(_) => letters.rev().collect(),
        }
    }

    /// Every effect with its state, in a fixed order, for comparing a rebuild with what was there.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn dump(&self) -> Result<Vec<(EffectId, Deed, Instant, String)>, DbError> {
        const SQL: &str = "select id, deed, due_at, state from effects order by position, id";
        let rows: Vec<(Vec<u8>, String, i64, String)> =
            on!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(effect, deed, due, state)| Ok((id(&effect)?, parse_deed(&deed)?, instant(due)?, state)))
            .collect()
    }
}

const ATTEMPTED: &str = "
    update effects
    set announced = case when announced < $2 then $2 else announced end,
        attempts = case when attempts < $2 then $2 else attempts end
    where id = $1";
const GAVE_UP: &str = "
    update effects
    set state = 'dead', code = $3, lease_until = 0,
        attempts = case when attempts < $2 then $2 else attempts end
    where id = $1 and state <> 'done'";
const RETRIED: &str = "
    update effects
    set state = 'open', retried_at = attempts, not_before = 0, lease_until = 0, fence = fence + 1,
        cleared = announced, restored = 0
    where id = $1 and state = 'dead'";
const RESTORED: &str = "
    update effects
    set restored = 1
    where state = 'open' and position < $1 and due_at <= $2";
const CLAIM_SQLITE: &str = "
    update effects
    set fence = fence + 1, attempts = attempts + 1,
        lease_until = cast(unixepoch('subsec') * 1000 as integer) + $3
    where id in (
        select id
        from effects
        where state = 'open' and due_at <= $1
            and not_before <= cast(unixepoch('subsec') * 1000 as integer)
            and lease_until <= cast(unixepoch('subsec') * 1000 as integer)
            and exists (select 1 from checkpoint where ready = 1)
        order by due_at, position
        limit $2
    )
    returning id, tenant, deed, cause, correlation, trace, position, due_at, attempts, announced, fence,
        retried_at, cleared, restored";
const CLAIM_POSTGRES: &str = "
    update effects
    set fence = fence + 1, attempts = attempts + 1, owner = $5,
        lease_until = (extract(epoch from clock_timestamp()) * 1000)::bigint + $3
    where id in (
        select id
        from effects
        where state = 'open' and due_at <= $1
            and not_before <= (extract(epoch from clock_timestamp()) * 1000)::bigint
            and (
                lease_until <= (extract(epoch from clock_timestamp()) * 1000)::bigint
                or owner <> 0 and owner not in (
                    select objid::bigint
                    from pg_locks
                    where locktype = 'advisory' and classid::bigint = $4 and objsubid = 2 and granted
                        and database = (select oid from pg_database where datname = current_database())
                )
            )
            and exists (select 1 from checkpoint where ready = 1)
        order by due_at, position
        limit $2
        for update skip locked
    )
    returning id, tenant, deed, cause, correlation, trace, position, due_at, attempts, announced, fence,
        retried_at, cleared, restored";

fn counted(row: (i64, i64, i64, i64)) -> Counts {
    let [open, due, done, dead] = [row.0, row.1, row.2, row.3].map(|count| u64::try_from(count).unwrap_or(0));
    Counts {
        open,
        due,
        done,
        dead,
    }
}

fn dead_letter((effect, position, deed, attempts, code, in_doubt): Dead) -> Result<DeadLetter, DbError> {
    Ok(DeadLetter {
        effect: id(&effect)?,
        position: Position(u64::try_from(position).map_err(|_| DbError::Unreadable("position"))?),
        deed: parse_deed(&deed)?,
        attempts: count(attempts),
        code,
        in_doubt: in_doubt > 0,
    })
}

fn task(row: Claimed) -> Result<(i64, Task), DbError> {
    let (
        effect,
        tenant,
        deed,
        cause,
        correlation,
        trace,
        position,
        due,
        attempts,
        announced,
        fence,
        retried,
        cleared,
        restored,
    ) = row;
    let task = Task {
        effect: id(&effect)?,
        tenant: id(&tenant)?,
        deed: parse_deed(&deed)?,
        cause: id(&cause)?,
        correlation: id(&correlation)?,
        trace,
        attempt: count(attempts),
        tries: count(attempts - retried),
        announced: count(announced),
        cleared: count(cleared),
        in_doubt: announced > cleared || restored > 0,
        restored: restored > 0,
        due: instant(due)?,
        fence,
    };
    Ok((position, task))
}

const fn outcome_of(progress: &Progress) -> Option<EffectId> {
    match progress {
        Progress::Done(effect) => Some(*effect),
        Progress::Attempted { .. }
        | Progress::GaveUp { .. }
        | Progress::Retried(_)
        | Progress::Restored { .. } => None,
    }
}

fn bytes<K: Kind>(id: Id<K>) -> Vec<u8> {
    id.uuid().as_bytes().to_vec()
}

fn id<K: Kind>(bytes: &[u8]) -> Result<Id<K>, DbError> {
    Uuid::from_slice(bytes)
        .map(Id::new)
        .map_err(|_| DbError::Unreadable("id"))
}

fn parse_deed(text: &str) -> Result<Deed, DbError> {
    serde_json::from_str(text).map_err(|_| DbError::Unreadable("deed"))
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("ids, numbers and times always have a JSON form")
}

fn instant(micros: i64) -> Result<Instant, DbError> {
    Instant::from_timestamp_micros(micros).ok_or(DbError::Unreadable("due time"))
}

/// Positions count events, of which there are fewer than 2^63.
fn number(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
