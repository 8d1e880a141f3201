//! Receipts, and what is under way: which command holds which streams, until when, and what it will write.

use std::time::Duration;

use domain::{
    envelope::{Position, StreamId},
    ids::{CommandId, OrganisationId},
    time::Instant,
};
use sqlx::{PgPool, Row, postgres::PgRow};
use store::log::{CommandMeta, ReadError, Receipt};

use crate::{index::Span, wire::Plan};

/// How long nobody else takes up what an attempt has begun. Longer than an attempt lasts; when it lasts longer all the
/// same, both write the same events, and the cluster keeps them once.
pub(crate) const HOLD: Duration = Duration::from_secs(30);

/// Names one attempt at a command, so that one that lost its hold notices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Owner(i64);

impl Owner {
    /// A number that nobody else draws.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes)?;
        Ok(Self(i64::from_ne_bytes(bytes)))
    }
}

/// How far a command has come that is not settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// Its streams are held, nothing is decided.
    Held,
    /// It will stand in the cluster.
    Confirmed,
}

impl Stage {
    const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirmed => "confirmed",
        }
    }
}

/// What came of beginning a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Begun {
    /// It is ours.
    Ours,
    /// There is a receipt of it already, or it is under way.
    Known,
    /// One of its streams is held by another command.
    Held,
}

/// What is known of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Known {
    Nothing,
    Done(Box<Receipt>),
    /// Under way; `left` when nobody works on it any more.
    Pending {
        left: bool,
    },
    /// Half of it stands in the cluster, and the rest cannot any more.
    Broken,
}

/// What an attempt took up from one that did not end.
#[derive(Debug)]
pub(crate) struct TakenUp {
    pub(crate) stage: Stage,
    pub(crate) plan: Plan,
}

#[derive(Clone, Debug)]
pub(crate) struct Receipts {
    pool: PgPool,
}

impl Receipts {
    pub(crate) const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Writes down what a command is about to do and holds its streams, all or nothing.
    pub(crate) async fn begin(
        &self,
        command: &CommandMeta,
        owner: Owner,
        stage: Stage,
        plan: &[u8],
        result: &[u8],
        streams: &[StreamId],
    ) -> Result<Begun, sqlx::Error> {
        // Held in one order by everybody, so that nobody waits for each other in a circle.
        let begun = sqlx::query(
            "with receipt as (
                insert into kurrent.receipts (
                    command_id, tenant, input_hash, state, owner, expires_at, append, result
                )
                values ($1, $2, $3, $4, $5, now() + $6 * interval '1 millisecond', $7, $8)
                returning command_id
            )
            insert into kurrent.holds (tenant, category, stream_id, command_id)
            select held.tenant, held.category, held.stream_id, receipt.command_id
            from receipt, unnest($9::uuid[], $10::text[], $11::uuid[]) held (tenant, category, stream_id)
            order by held.tenant, held.category, held.stream_id",
        )
        .bind(command.command_id.uuid())
        .bind(command.tenant.uuid())
        .bind(command.input_hash.as_slice())
        .bind(stage.name())
        .bind(owner.0)
        .bind(millis(HOLD))
        .bind(plan)
        .bind(result)
        .bind(tenants(streams))
        .bind(categories(streams))
        .bind(ids(streams))
        .execute(&self.pool)
        .await;
        match begun {
            Ok(_) => Ok(Begun::Ours),
            Err(error) => match error.as_database_error().and_then(|error| error.constraint()) {
                Some("receipts_pk") => Ok(Begun::Known),
                Some("holds_pk") => Ok(Begun::Held),
                _ => Err(error),
            },
        }
    }

    /// From now on the command will stand. False when it was taken from us.
    pub(crate) async fn confirm(&self, command: CommandId, owner: Owner) -> Result<bool, sqlx::Error> {
        let confirmed = sqlx::query(
            "update kurrent.receipts
            set state = 'confirmed', expires_at = now() + $3 * interval '1 millisecond'
            where command_id = $1 and owner = $2 and state = 'held'",
        )
        .bind(command.uuid())
        .bind(owner.0)
        .bind(millis(HOLD))
        .execute(&self.pool)
        .await?;
        Ok(confirmed.rows_affected() == 1)
    }

    /// Keeps others from taking up what still is under way.
    pub(crate) async fn renew(&self, command: CommandId, owner: Owner) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update kurrent.receipts
            set expires_at = now() + $3 * interval '1 millisecond'
            where command_id = $1 and owner = $2 and state = 'confirmed'",
        )
        .bind(command.uuid())
        .bind(owner.0)
        .bind(millis(HOLD))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Forgets the command and lets its streams go. False when it was taken from us.
    pub(crate) async fn release(&self, command: CommandId, owner: Owner) -> Result<bool, sqlx::Error> {
        let released = sqlx::query(
            "delete from kurrent.receipts
            where command_id = $1 and owner = $2 and state in ('held', 'confirmed')",
        )
        .bind(command.uuid())
        .bind(owner.0)
        .execute(&self.pool)
        .await?;
        Ok(released.rows_affected() == 1)
    }

    /// Lets anybody take the command up at once.
    pub(crate) async fn leave(&self, command: CommandId, owner: Owner) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update kurrent.receipts
            set expires_at = now()
            where command_id = $1 and owner = $2 and state in ('held', 'confirmed')",
        )
        .bind(command.uuid())
        .bind(owner.0)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Takes up a command that nobody works on any more.
    pub(crate) async fn take_up(
        &self,
        command: CommandId,
        owner: Owner,
    ) -> Result<Option<TakenUp>, ReadError> {
        let row = sqlx::query(
            "update kurrent.receipts
            set owner = $2, expires_at = now() + $3 * interval '1 millisecond'
            where command_id = $1 and state in ('held', 'confirmed') and expires_at <= now()
            returning state, append",
        )
        .bind(command.uuid())
        .bind(owner.0)
        .bind(millis(HOLD))
        .fetch_optional(&self.pool)
        .await
        .map_err(unavailable)?;
        let Some(row) = row else {
            return Ok(None);
        };
        let state: String = row.try_get(0).map_err(unavailable)?;
        let plan: Vec<u8> = row.try_get(1).map_err(unavailable)?;
        let plan = serde_json::from_slice(&plan).map_err(|_| corrupt("what a command was about to write"))?;
        let stage = if state == Stage::Held.name() {
            Stage::Held
        } else {
            Stage::Confirmed
        };
        Ok(Some(TakenUp { stage, plan }))
    }

    /// The command stands in the cluster; its streams are let go.
    pub(crate) async fn finish(&self, command: CommandId, span: Span) -> Result<(), sqlx::Error> {
        sqlx::query(
            "with settled as (
                update kurrent.receipts
                set state = 'done', owner = null, expires_at = null, append = null, first_position = $2,
                    position = $3, recorded_at = $4
                where command_id = $1 and state in ('held', 'confirmed')
            )
            delete from kurrent.holds
            where command_id = $1",
        )
        .bind(command.uuid())
        .bind(signed(span.first))
        .bind(signed(span.last))
        .bind(span.recorded_at.timestamp_micros())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Somebody else wrote in the middle of the command: people have to look. Its streams are let go.
    pub(crate) async fn give_up(&self, command: CommandId, owner: Owner) -> Result<(), sqlx::Error> {
        sqlx::query(
            "with settled as (
                update kurrent.receipts
                set state = 'broken', owner = null, expires_at = null
                where command_id = $1 and owner = $2 and state = 'confirmed'
                returning command_id
            )
            delete from kurrent.holds
            where command_id in (select command_id from settled)",
        )
        .bind(command.uuid())
        .bind(owner.0)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Writes the receipt of a command that changes nothing. False when there is one, or it is under way.
    pub(crate) async fn insert(&self, receipt: &Receipt) -> Result<bool, sqlx::Error> {
        let inserted = sqlx::query(
            "insert into kurrent.receipts (command_id, tenant, input_hash, state, result, position, recorded_at)
            values ($1, $2, $3, 'done', $4, $5, $6)
            on conflict do nothing",
        )
        .bind(receipt.command_id.uuid())
        .bind(receipt.tenant.uuid())
        .bind(receipt.input_hash.as_slice())
        .bind(receipt.result.as_slice())
        .bind(signed(receipt.position))
        .bind(receipt.recorded_at.timestamp_micros())
        .execute(&self.pool)
        .await?;
        Ok(inserted.rows_affected() == 1)
    }

    pub(crate) async fn known(&self, command: CommandId) -> Result<Known, ReadError> {
        let row = sqlx::query(
            "select state, coalesce(expires_at <= now(), false), tenant, input_hash, result, first_position, position,
                recorded_at
            from kurrent.receipts
            where command_id = $1",
        )
        .bind(command.uuid())
        .fetch_optional(&self.pool)
        .await
        .map_err(unavailable)?;
        let Some(row) = row else {
            return Ok(Known::Nothing);
        };
        let state: &str = row.try_get(0).map_err(unavailable)?;
        Ok(match state {
            "done" => Known::Done(Box::new(receipt(command, &row)?)),
            "broken" => Known::Broken,
            // The table's check knows no other.
            _ => Known::Pending {
                left: row.try_get(1).map_err(unavailable)?,
            },
        })
    }

    /// Commands, other than one, that hold some of these streams, and whether somebody still works on them.
    pub(crate) async fn holders(
        &self,
        streams: &[StreamId],
        but: CommandId,
    ) -> Result<Vec<(CommandId, bool)>, ReadError> {
        let rows = sqlx::query(
            "select distinct r.command_id, coalesce(r.expires_at <= now(), false)
            from unnest($1::uuid[], $2::text[], $3::uuid[]) asked (tenant, category, stream_id)
            join kurrent.holds h
                on h.tenant = asked.tenant and h.category = asked.category and h.stream_id = asked.stream_id
            join kurrent.receipts r on r.command_id = h.command_id
            where h.command_id <> $4",
        )
        .bind(tenants(streams))
        .bind(categories(streams))
        .bind(ids(streams))
        .bind(but.uuid())
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        rows.iter()
            .map(|row| Ok((CommandId::new(row.try_get(0)?), row.try_get(1)?)))
            .collect::<Result<_, sqlx::Error>>()
            .map_err(unavailable)
    }

    /// Commands that somebody began and nobody works on any more.
    pub(crate) async fn left(&self, most: i64) -> Result<Vec<CommandId>, ReadError> {
        let rows: Vec<uuid::Uuid> = sqlx::query_scalar(
            "select command_id
            from kurrent.receipts
            where expires_at <= now()
            order by expires_at
            limit $1",
        )
        .bind(most)
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        Ok(rows.into_iter().map(CommandId::new).collect())
    }
}

fn receipt(command_id: CommandId, row: &PgRow) -> Result<Receipt, ReadError> {
    let input_hash: Vec<u8> = row.try_get(3).map_err(unavailable)?;
    let first: Option<i64> = row.try_get(5).map_err(unavailable)?;
    let position: i64 = row.try_get(6).map_err(unavailable)?;
    let recorded_at: i64 = row.try_get(7).map_err(unavailable)?;
    Ok(Receipt {
        command_id,
        tenant: OrganisationId::new(row.try_get(2).map_err(unavailable)?),
        input_hash: input_hash
            .try_into()
            .map_err(|_| corrupt("a receipt's input hash"))?,
        first: first.map(|first| Position(first.cast_unsigned())),
        position: Position(position.cast_unsigned()),
        result: row.try_get(4).map_err(unavailable)?,
        recorded_at: Instant::from_timestamp_micros(recorded_at)
            .ok_or_else(|| corrupt("when a receipt was recorded"))?,
    })
}

fn tenants(streams: &[StreamId]) -> Vec<uuid::Uuid> {
    streams.iter().map(|stream| stream.tenant.uuid()).collect()
}

fn categories(streams: &[StreamId]) -> Vec<&'static str> {
    streams.iter().map(|stream| stream.category.name()).collect()
}

fn ids(streams: &[StreamId]) -> Vec<uuid::Uuid> {
    streams.iter().map(|stream| stream.id).collect()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn signed(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

fn unavailable(error: sqlx::Error) -> ReadError {
    ReadError::Unavailable(error.into())
}

fn corrupt(what: &str) -> ReadError {
    ReadError::Corrupt {
        position: Position::START,
        what: what.to_owned(),
    }
}
