//! Keys in the schema `keys` of a PostgreSQL database.

use async_trait::async_trait;
use domain::ids::SubjectId;
use sqlx::PgPool;
use uuid::Uuid;

use super::{CHECK_NAME, KeyName, KeyRecord, KeyStore, Rewrap, Wrapped};
use crate::{
    log::BoxError,
    migrations::{Migration, MigrationError, migrate_postgres},
};

const MIGRATIONS: &[Migration] = &[Migration {
    name: "0002_create_keys",
    sql: include_str!("../../../migrations/postgres/0002_create_keys.sql"),
}];

/// Keys that are wrapped anew by one statement.
const PAGE: i64 = 1_000;

/// Keys in the schema `keys`.
#[derive(Clone, Debug)]
pub struct PostgresKeys(PgPool);

impl PostgresKeys {
    /// Uses the database of a pool.
    ///
    /// # Errors
    /// When it cannot be reached or is of a newer version.
    pub async fn open(pool: PgPool) -> Result<Self, MigrationError> {
        migrate_postgres(&mut *pool.acquire().await?, "keys", MIGRATIONS).await?;
        Ok(Self(pool))
    }
}

#[async_trait]
impl KeyStore for PostgresKeys {
    async fn find(&self, subject: SubjectId) -> Result<KeyRecord, BoxError> {
        let row = sqlx::query_as("select wrapped from keys.subject_keys where subject = $1")
            .bind(subject.uuid())
            .fetch_optional(&self.0)
            .await?;
        Ok(KeyRecord::of_row(row))
    }

    async fn find_many(&self, subjects: &[SubjectId]) -> Result<Vec<(SubjectId, Wrapped)>, BoxError> {
        let subjects: Vec<_> = subjects.iter().map(|subject| subject.uuid()).collect();
        let rows: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(
            "select subject, wrapped from keys.subject_keys where subject = any($1) and wrapped is not null",
        )
        .bind(subjects)
        .fetch_all(&self.0)
        .await?;
        let key = |(subject, wrapped)| (SubjectId::new(subject), Wrapped(wrapped));
        Ok(rows.into_iter().map(key).collect())
    }

    async fn keep(&self, subject: SubjectId, key: &Wrapped, check: &Wrapped) -> Result<KeyRecord, BoxError> {
        // The lock on the check value waits for a rotation, and sees what it left.
        sqlx::query(
            "insert into keys.subject_keys (subject, wrapped)
            select $1, $2
            from (select 1 from keys.secrets where name = $3 and wrapped = $4 for share) current
            on conflict do nothing",
        )
        .bind(subject.uuid())
        .bind(&key.0)
        .bind(CHECK_NAME)
        .bind(&check.0)
        .execute(&self.0)
        .await?;
        self.find(subject).await
    }

    async fn destroy(&self, subject: SubjectId) -> Result<bool, BoxError> {
        let mut tx = self.0.begin().await?;
        let was = sqlx::query_as("select wrapped from keys.subject_keys where subject = $1 for update")
            .bind(subject.uuid())
            .fetch_optional(&mut *tx)
            .await?;
        sqlx::query(
            "insert into keys.subject_keys (subject, wrapped) values ($1, null) on conflict (subject) do update set wrapped = null",
        )
        .bind(subject.uuid())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(matches!(KeyRecord::of_row(was), KeyRecord::Live(_)))
    }

    async fn check(&self, fresh: &Wrapped) -> Result<Wrapped, BoxError> {
        sqlx::query("insert into keys.secrets (name, wrapped) values ($1, $2) on conflict do nothing")
            .bind(CHECK_NAME)
            .bind(&fresh.0)
            .execute(&self.0)
            .await?;
        let (wrapped,) = sqlx::query_as("select wrapped from keys.secrets where name = $1")
            .bind(CHECK_NAME)
            .fetch_one(&self.0)
            .await?;
        Ok(Wrapped(wrapped))
    }

    async fn secret(
        &self,
        name: &str,
        fresh: &Wrapped,
        check: &Wrapped,
    ) -> Result<Option<Wrapped>, BoxError> {
        sqlx::query(
            "insert into keys.secrets (name, wrapped)
            select $1, $2
            from (select 1 from keys.secrets where name = $3 and wrapped = $4 for share) current
            on conflict do nothing",
        )
        .bind(name)
        .bind(&fresh.0)
        .bind(CHECK_NAME)
        .bind(&check.0)
        .execute(&self.0)
        .await?;
        let found: Option<(Vec<u8>,)> = sqlx::query_as("select wrapped from keys.secrets where name = $1")
            .bind(name)
            .fetch_optional(&self.0)
            .await?;
        Ok(found.map(|(wrapped,)| Wrapped(wrapped)))
    }

    async fn rewrap(&self, check: &Wrapped, rewrap: &Rewrap<'_>) -> Result<Option<u64>, BoxError> {
        let mut tx = self.0.begin().await?;
        // From here on nobody keeps a key that is wrapped by the old one.
        let locked = sqlx::query("select 1 from keys.secrets where name = $1 and wrapped = $2 for update")
            .bind(CHECK_NAME)
            .bind(&check.0)
            .fetch_optional(&mut *tx)
            .await?;
        if locked.is_none() {
            return Ok(None);
        }
        let secrets: Vec<(String, Vec<u8>)> = sqlx::query_as("select name, wrapped from keys.secrets")
            .fetch_all(&mut *tx)
            .await?;
        for (name, wrapped) in secrets {
            let wrapped = rewrap(KeyName::Secret(&name), &Wrapped(wrapped))?;
            sqlx::query("update keys.secrets set wrapped = $1 where name = $2")
                .bind(wrapped.0)
                .bind(name)
                .execute(&mut *tx)
                .await?;
        }
        let (mut after, mut count) = (None, 0);
        loop {
            let page: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(
                "select subject, wrapped
                from keys.subject_keys
                where ($1::uuid is null or subject > $1) and wrapped is not null
                order by subject
                limit $2",
            )
            .bind(after)
            .bind(PAGE)
            .fetch_all(&mut *tx)
            .await?;
            let Some((last, _)) = page.last() else {
                break;
            };
            after = Some(*last);
            let (mut subjects, mut rewrapped) = (Vec::new(), Vec::new());
            for (subject, wrapped) in page {
                let name = KeyName::Subject(SubjectId::new(subject));
                rewrapped.push(rewrap(name, &Wrapped(wrapped))?.0);
                subjects.push(subject);
            }
            // One that was destroyed meanwhile stays so.
            let done = sqlx::query(
                "update keys.subject_keys kept
                set wrapped = fresh.wrapped
                from unnest($1::uuid[], $2::bytea[]) fresh (subject, wrapped)
                where kept.subject = fresh.subject and kept.wrapped is not null",
            )
            .bind(subjects)
            .bind(rewrapped)
            .execute(&mut *tx)
            .await?;
            count += done.rows_affected();
        }
        tx.commit().await?;
        Ok(Some(count))
    }

    async fn secrets(&self) -> Result<Vec<(String, Wrapped)>, BoxError> {
        let secrets: Vec<(String, Vec<u8>)> =
            sqlx::query_as("select name, wrapped from keys.secrets order by name")
                .fetch_all(&self.0)
                .await?;
        Ok(secrets
            .into_iter()
            .map(|(name, wrapped)| (name, Wrapped(wrapped)))
            .collect())
    }

    async fn page(
        &self,
        after: Option<SubjectId>,
        most: u32,
    ) -> Result<Vec<(SubjectId, Option<Wrapped>)>, BoxError> {
        let page: Vec<(Uuid, Option<Vec<u8>>)> = sqlx::query_as(
            "select subject, wrapped
            from keys.subject_keys
            where $1::uuid is null or subject > $1
            order by subject
            limit $2",
        )
        .bind(after.map(domain::ids::Id::uuid))
        .bind(i64::from(most))
        .fetch_all(&self.0)
        .await?;
        Ok(page
            .into_iter()
            .map(|(subject, wrapped)| (SubjectId::new(subject), wrapped.map(Wrapped)))
            .collect())
    }

    async fn fill(
        &self,
        secrets: &[(String, Wrapped)],
        keys: &[(SubjectId, Option<Wrapped>)],
    ) -> Result<bool, BoxError> {
        let mut tx = self.0.begin().await?;
        sqlx::query("lock table keys.secrets, keys.subject_keys in exclusive mode")
            .execute(&mut *tx)
            .await?;
        let is_empty: bool = sqlx::query_scalar(
            "select not exists (select 1 from keys.secrets) and not exists (select 1 from keys.subject_keys)",
        )
        .fetch_one(&mut *tx)
        .await?;
        if !is_empty {
            return Ok(false);
        }
        for (name, wrapped) in secrets {
            sqlx::query("insert into keys.secrets (name, wrapped) values ($1, $2)")
                .bind(name)
                .bind(&wrapped.0)
                .execute(&mut *tx)
                .await?;
        }
        let subjects: Vec<_> = keys.iter().map(|(subject, _)| subject.uuid()).collect();
        let wrapped: Vec<_> = keys
            .iter()
            .map(|(_, wrapped)| wrapped.as_ref().map(|wrapped| wrapped.0.as_slice()))
            .collect();
        sqlx::query(
            "insert into keys.subject_keys (subject, wrapped) select * from unnest($1::uuid[], $2::bytea[])",
        )
        .bind(subjects)
        .bind(wrapped)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }
}
