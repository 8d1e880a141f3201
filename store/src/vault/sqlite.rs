//! Keys in an SQLite file of their own, so that no backup of the log holds them.

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path};

use async_trait::async_trait;
use domain::ids::SubjectId;
use sqlx::{
    QueryBuilder, Sqlite, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

use super::{CHECK_NAME, KeyName, KeyRecord, KeyStore, Rewrap, Wrapped};
use crate::{
    log::BoxError,
    migrations::{Migration, MigrationError, migrate_sqlite},
};

const MIGRATIONS: &[Migration] = &[Migration {
    name: "0002_create_keys",
    sql: include_str!("../../../migrations/sqlite/0002_create_keys.sql"),
}];

/// Keys that are written by one statement.
const PAGE: i32 = 500;

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

    async fn keep(&self, subject: SubjectId, key: &Wrapped, check: &Wrapped) -> Result<KeyRecord, BoxError> {
        sqlx::query(
            "insert into subject_keys (subject, wrapped)
            select ?, ?
            where not exists (select 1 from secrets where name = ? and wrapped <> ?)
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
        self.empty_journal().await?;
        Ok(matches!(KeyRecord::of_row(was), KeyRecord::Live(_)))
    }

    async fn check(&self, fresh: &Wrapped) -> Result<Wrapped, BoxError> {
        sqlx::query("insert into secrets (name, wrapped) values (?, ?) on conflict do nothing")
            .bind(CHECK_NAME)
            .bind(&fresh.0)
            .execute(&self.0)
            .await?;
        let (wrapped,) = sqlx::query_as("select wrapped from secrets where name = ?")
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
            "insert into secrets (name, wrapped)
            select ?, ?
            where exists (select 1 from secrets where name = ? and wrapped = ?)
            on conflict do nothing",
        )
        .bind(name)
        .bind(&fresh.0)
        .bind(CHECK_NAME)
        .bind(&check.0)
        .execute(&self.0)
        .await?;
        let found: Option<(Vec<u8>,)> = sqlx::query_as("select wrapped from secrets where name = ?")
            .bind(name)
            .fetch_optional(&self.0)
            .await?;
        Ok(found.map(|(wrapped,)| Wrapped(wrapped)))
    }

    async fn rewrap(&self, check: &Wrapped, rewrap: &Rewrap<'_>) -> Result<Option<u64>, BoxError> {
        let mut tx = self.0.begin_with("begin immediate").await?;
        let secrets: Vec<(String, Vec<u8>)> = sqlx::query_as("select name, wrapped from secrets")
            .fetch_all(&mut *tx)
            .await?;
        let is_current = |(name, wrapped): &(String, Vec<u8>)| name == CHECK_NAME && *wrapped == check.0;
        if !secrets.iter().any(is_current) {
            return Ok(None);
        }
        for (name, wrapped) in secrets {
            let wrapped = rewrap(KeyName::Secret(&name), &Wrapped(wrapped))?;
            sqlx::query("update secrets set wrapped = ? where name = ?")
                .bind(wrapped.0)
                .bind(name)
                .execute(&mut *tx)
                .await?;
        }
        let (mut after, mut count) = (Vec::new(), 0);
        loop {
            let page: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
                "select subject, wrapped
                from subject_keys
                where subject > ? and wrapped is not null
                order by subject
                limit ?",
            )
            .bind(&after)
            .bind(PAGE)
            .fetch_all(&mut *tx)
            .await?;
            let Some((last, _)) = page.last() else {
                break;
            };
            after.clone_from(last);
            count += page.len() as u64;
            let rewrapped = page.into_iter().map(|(subject, wrapped)| {
                let of = SubjectId::new(Uuid::from_slice(&subject)?);
                Ok((subject, rewrap(KeyName::Subject(of), &Wrapped(wrapped))?.0))
            });
            let rewrapped = rewrapped.collect::<Result<Vec<_>, BoxError>>()?;
            let mut sql = QueryBuilder::<Sqlite>::new("insert into subject_keys (subject, wrapped) ");
            sql.push_values(rewrapped, |mut row, (subject, wrapped)| {
                row.push_bind(subject).push_bind(wrapped);
            });
            sql.push(" on conflict (subject) do update set wrapped = excluded.wrapped");
            sql.build().execute(&mut *tx).await?;
        }
        tx.commit().await?;
        self.empty_journal().await?;
        Ok(Some(count))
    }

    async fn secrets(&self) -> Result<Vec<(String, Wrapped)>, BoxError> {
        let secrets: Vec<(String, Vec<u8>)> =
            sqlx::query_as("select name, wrapped from secrets order by name")
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
        let after = after.map_or_else(Vec::new, |after| after.uuid().as_bytes().to_vec());
        let page: Vec<(Uuid, Option<Vec<u8>>)> = sqlx::query_as(
            "select subject, wrapped from subject_keys where subject > ? order by subject limit ?",
        )
        .bind(after)
        .bind(most)
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
        let mut tx = self.0.begin_with("begin immediate").await?;
        let is_empty: bool = sqlx::query_scalar(
            "select not exists (select 1 from secrets) and not exists (select 1 from subject_keys)",
        )
        .fetch_one(&mut *tx)
        .await?;
        if !is_empty {
            return Ok(false);
        }
        for (name, wrapped) in secrets {
            sqlx::query("insert into secrets (name, wrapped) values (?, ?)")
                .bind(name)
                .bind(&wrapped.0)
                .execute(&mut *tx)
                .await?;
        }
        for keys in keys.chunks(PAGE.cast_unsigned() as usize) {
            let mut sql = QueryBuilder::<Sqlite>::new("insert into subject_keys (subject, wrapped) ");
            sql.push_values(keys, |mut row, (subject, wrapped)| {
                row.push_bind(subject.uuid())
                    .push_bind(wrapped.as_ref().map(|wrapped| wrapped.0.as_slice()));
            });
            sql.build().execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

impl SqliteKeys {
    /// The write-ahead log still holds pages as they were.
    async fn empty_journal(&self) -> Result<(), sqlx::Error> {
        sqlx::query("pragma wal_checkpoint(truncate)")
            .execute(&self.0)
            .await
            .map(drop)
    }
}
