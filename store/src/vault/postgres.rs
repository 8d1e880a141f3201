//! Keys in the schema `keys` of a PostgreSQL database.

use async_trait::async_trait;
use domain::ids::SubjectId;
use sqlx::PgPool;
use uuid::Uuid;

use super::{KeyRecord, KeyStore, Wrapped};
use crate::{
    log::BoxError,
    migrations::{Migration, MigrationError, migrate_postgres},
};

const MIGRATIONS: &[Migration] = &[Migration {
    name: "0002_create_keys",
    sql: include_str!("../../../migrations/postgres/0002_create_keys.sql"),
}];

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

    async fn keep(&self, subject: SubjectId, key: &Wrapped) -> Result<KeyRecord, BoxError> {
        sqlx::query(
            "insert into keys.subject_keys (subject, wrapped) values ($1, $2) on conflict do nothing",
        )
        .bind(subject.uuid())
        .bind(&key.0)
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

    async fn secret(&self, name: &str, fresh: &Wrapped) -> Result<Wrapped, BoxError> {
        sqlx::query("insert into keys.secrets (name, wrapped) values ($1, $2) on conflict do nothing")
            .bind(name)
            .bind(&fresh.0)
            .execute(&self.0)
            .await?;
        let (wrapped,) = sqlx::query_as("select wrapped from keys.secrets where name = $1")
            .bind(name)
            .fetch_one(&self.0)
            .await?;
        Ok(Wrapped(wrapped))
    }
}
