//! What is known of calendars that are fetched from elsewhere, in the effects database.

use domain::{
    ids::{ExternalCalendarId, OrganisationId},
    ports::calendar_feed::Validators,
    time::Instant,
};
use sqlx::{QueryBuilder, Row};
use uuid::Uuid;

use crate::db::{Db, DbError};

/// How a calendar's fetching stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeedState {
    /// Which calendar.
    pub calendar: ExternalCalendarId,
    /// When it last gave an answer that could be used, if it ever did.
    pub fetched_at: Option<Instant>,
    /// When it is asked next.
    pub next_at: Instant,
    /// Code of the last failure; none when the last try did not fail.
    pub code: Option<String>,
    /// Failures in a row.
    pub failures: u32,
    /// By what the server knows whether it has changed.
    pub validators: Validators,
    /// What those validators stand for.
    pub read: Option<Reading>,
}

/// What was read from a calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// From when on.
    pub from: Instant,
    /// Digest of the busy times.
    pub digest: Uuid,
}

const COLUMNS: &str = "calendar, fetched_at, next_at, code, failures, etag, last_modified, read_from, digest";

const NOTE: &str = "
    insert into calendar_feeds
        (calendar, tenant, fetched_at, next_at, code, failures, etag, last_modified, read_from, digest)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict (calendar) do update set
        fetched_at = excluded.fetched_at,
        next_at = excluded.next_at,
        code = excluded.code,
        failures = excluded.failures,
        etag = excluded.etag,
        last_modified = excluded.last_modified,
        read_from = excluded.read_from,
        digest = excluded.digest";

/// The same statements for both databases.
macro_rules! on {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            Db::Sqlite($pool) => $body,
            Db::Postgres($pool, _) => $body,
        }
    };
}

/// One row of either database.
macro_rules! state {
    ($row:expr) => {{
        let row = $row;
        let moment = |micros: Option<i64>| micros.and_then(Instant::from_timestamp_micros);
        let digest: Option<Vec<u8>> = row.try_get("digest")?;
        let digest = digest.and_then(|bytes| Uuid::from_slice(&bytes).ok());
        let calendar: Vec<u8> = row.try_get("calendar")?;
        let calendar = Uuid::from_slice(&calendar).map_err(|_| DbError::Unreadable("calendar"))?;
        FeedState {
            calendar: ExternalCalendarId::new(calendar),
            fetched_at: moment(row.try_get("fetched_at")?),
            next_at: moment(row.try_get("next_at")?).ok_or(DbError::Unreadable("time of a calendar"))?,
            code: row.try_get("code")?,
            failures: u32::try_from(row.try_get::<i64, _>("failures")?).unwrap_or(u32::MAX),
            validators: Validators {
                etag: row.try_get("etag")?,
                last_modified: row.try_get("last_modified")?,
            },
            read: moment(row.try_get("read_from")?)
                .zip(digest)
                .map(|(from, digest)| Reading { from, digest }),
        }
    }};
}

impl Db {
    /// How the fetching of these calendars of an organisation stands, in no order; those that were never tried are left out.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn feeds(
        &self,
        tenant: OrganisationId,
        calendars: &[ExternalCalendarId],
    ) -> Result<Vec<FeedState>, DbError> {
        if calendars.is_empty() {
            return Ok(Vec::new());
        }
        let mut states = Vec::new();
        on!(self, pool => {
            let mut sql = QueryBuilder::new(format!("select {COLUMNS} from calendar_feeds where tenant = "));
            sql.push_bind(tenant.uuid().as_bytes().to_vec());
            sql.push(" and calendar in (");
            let mut ids = sql.separated(", ");
            for calendar in calendars {
                ids.push_bind(calendar.uuid().as_bytes().to_vec());
            }
            sql.push(")");
            for row in sql.build().fetch_all(pool).await? {
                states.push(state!(row));
            }
        });
        Ok(states)
    }

    /// Notes how the fetching of a calendar stands.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn note_feed(&self, tenant: OrganisationId, state: &FeedState) -> Result<(), DbError> {
        on!(self, pool => sqlx::query(NOTE)
            .bind(state.calendar.uuid().as_bytes().to_vec())
            .bind(tenant.uuid().as_bytes().to_vec())
            .bind(state.fetched_at.map(|at| at.timestamp_micros()))
            .bind(state.next_at.timestamp_micros())
            .bind(state.code.as_deref())
            .bind(i64::from(state.failures))
            .bind(state.validators.etag.as_deref())
            .bind(state.validators.last_modified.as_deref())
            .bind(state.read.map(|read| read.from.timestamp_micros()))
            .bind(state.read.map(|read| read.digest.as_bytes().to_vec()))
            .execute(pool)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Forgets a calendar that is not fetched any more.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn forget_feed(&self, calendar: ExternalCalendarId) -> Result<(), DbError> {
        const SQL: &str = "delete from calendar_feeds where calendar = $1";
        let id = calendar.uuid().as_bytes().to_vec();
        on!(self, pool => sqlx::query(SQL).bind(id).execute(pool).await.map(drop)?);
        Ok(())
    }
}
