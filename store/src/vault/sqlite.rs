//! Keys in an SQLite file of their own, so that no backup of the log holds them.

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path};

use async_trait::async_trait;
use domain::ids::SubjectId;
use sqlx::{
    QueryBuilder, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

use super::{KeyRecord, KeyStore, Wrapped};
use crate::{
    log::BoxError,
    migrations::{Migration, MigrationError, migrate_sqlite},
};

const MIGRATIONS: &[Migration] = &[Migration {
    name: "0002_create_keys",
    sql: include_str!("../../../migrations/sqlite/0002_create_keys.sql"),
}];

/// Keys in `keys.db`.
#[derive(Clone, Debug)]
pub struct SqliteKeys(SqlitePool);

impl SqliteKeys {
    /// Opens the file, and makes it with mode 0600 when missing.
    ///
    /// # Errors
    /// When it cannot be opened or is of a newer version.
    pub async fn open(path: &Path) -> Result<Self, MigrationError> {
        create(path).map_err(sqlx::Error::Io)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // A destroyed key must not linger in a free page.
            .pragma("secure_delete", "on");
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await?;
        migrate_sqlite(&mut *pool.acquire().await?, MIGRATIONS).await?;
        Ok(Self(pool))
    }
}

/// SQLite gives its journal the mode of the file, so it is enough to make the file first.
fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600);
    options.open(path).map(drop)
}

#[async_trait]
impl KeyStore for SqliteKeys {
    async fn find(&self, subject: SubjectId) -> Result<KeyRecord, BoxError> {
        let row = sqlx::query_as("select wrapped from subject_keys where subject = ?")
            .bind(subject.uuid())
            .fetch_optional(&self.0)
            .await?;
        Ok(KeyRecord::of_row(row))
    }

    async fn find_many(&self, subjects: &[SubjectId]) -> Result<Vec<(SubjectId, Wrapped)>, BoxError> {
        let mut query = QueryBuilder::new(
            "select subject, wrapped from subject_keys where wrapped is not null and subject in (",
        );
        let mut values = query.separated(", ");
        for subject in subjects {
            values.push_bind(subject.uuid());
        }
        query.push(")");
        let rows: Vec<(Uuid, Vec<u8>)> = query.build_query_as().fetch_all(&self.0).await?;
        let key = |(subject, wrapped)| (SubjectId::new(subject), Wrapped(wrapped));
        Ok(rows.into_iter().map(key).collect())
    }

    async fn keep(&self, subject: SubjectId, key: &Wrapped) -> Result<KeyRecord, BoxError> {
        sqlx::query("insert into subject_keys (subject, wrapped) values (?, ?) on conflict do nothing")
            .bind(subject.uuid())
            .bind(&key.0)
            .execute(&self.0)
            .await?;
        self.find(subject).await
    }

    async fn destroy(&self, subject: SubjectId) -> Result<bool, BoxError> {
        let mut tx = self.0.begin_with("begin immediate").await?;
        let was: Option<(Option<Vec<u8>>,)> =
            sqlx::query_as("select wrapped from subject_keys where subject = ?")
                .bind(subject.uuid())
                .fetch_optional(&mut *tx)
                .await?;
        sqlx::query(
            "insert into subject_keys (subject, wrapped) values (?, null) on conflict (subject) do update set wrapped = null",
        )
        .bind(subject.uuid())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        // The write-ahead log still holds the page as it was.
        sqlx::query("pragma wal_checkpoint(truncate)")
            .execute(&self.0)
            .await?;
        Ok(matches!(KeyRecord::of_row(was), KeyRecord::Live(_)))
    }

    async fn secret(&self, name: &str, fresh: &Wrapped) -> Result<Wrapped, BoxError> {
        sqlx::query("insert into secrets (name, wrapped) values (?, ?) on conflict do nothing")
            .bind(name)
            .bind(&fresh.0)
            .execute(&self.0)
            .await?;
        let (wrapped,) = sqlx::query_as("select wrapped from secrets where name = ?")
            .bind(name)
            .fetch_one(&self.0)
            .await?;
        Ok(Wrapped(wrapped))
    }
}
