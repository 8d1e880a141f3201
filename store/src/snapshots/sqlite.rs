//! Snapshots in an SQLite file of their own, so that keeping one waits for no append and none waits for it.

use std::{fs, io, path::Path};

use async_trait::async_trait;
use domain::envelope::Position;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tracing::warn;

use super::{BLOCK, Origin, Others, Row, Snapshot, Snapshots, fingerprint::Fingerprint, number, of_row};
use crate::{
    log::BoxError,
    migrations::{Migration, MigrationError, migrate_sqlite},
};

const MIGRATIONS: &[Migration] = &[Migration {
    name: "0015_create_snapshots",
    sql: include_str!("../../../migrations/sqlite/0015_create_snapshots.sql"),
}];

/// Commands that look a snapshot up at the same time, beside the one that is being kept.
const CONNECTIONS: u32 = 4;

/// Snapshots in `snapshots.db`.
#[derive(Clone, Debug)]
pub struct SqliteSnapshots(SqlitePool);

impl SqliteSnapshots {
    /// Opens the file, and makes it when it is missing. One that is damaged or of another version is made anew: nothing
    /// is lost with it.
    ///
    /// # Errors
    /// When it can be neither opened nor made.
    pub async fn open(path: &Path) -> Result<Self, MigrationError> {
        match Self::try_open(path).await {
            Ok(snapshots) => Ok(snapshots),
            Err(error) => {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "snapshots cannot be used, they are made anew"
                );
                remove(path).map_err(sqlx::Error::Io)?;
                Self::try_open(path).await
            }
        }
    }

    async fn try_open(path: &Path) -> Result<Self, MigrationError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // The last ones may be lost, but the file stays whole.
            .synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(options)
            .await?;
        let migrated = match pool.acquire().await {
            Ok(mut connection) => migrate_sqlite(&mut connection, MIGRATIONS).await,
            Err(error) => Err(error.into()),
        };
        if migrated.is_err() {
            pool.close().await;
        }
        migrated.map(|()| Self(pool))
    }

    /// Closes the file.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

/// Removes the file and its journals.
fn remove(path: &Path) -> io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

#[async_trait]
impl Snapshots for SqliteSnapshots {
    async fn latest_at_or_below(
        &self,
        origin: Origin,
        position: Position,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, BoxError> {
        let row: Option<Row> = sqlx::query_as(
            "select position, version, hash, fingerprint, state, token
            from snapshots
            where tenant = ? and category = ? and stream_id = ? and position <= ? and fingerprint = ?
            order by position desc
            limit 1",
        )
        .bind(origin.tenant.uuid())
        .bind(origin.fold.name())
        .bind(origin.id)
        .bind(number(position.0))
        .bind(fingerprint.0.as_slice())
        .fetch_optional(&self.0)
        .await?;
        Ok(row.and_then(|row| of_row(origin, row)))
    }

    async fn keep(&self, snapshot: &Snapshot, others: Others) -> Result<(), BoxError> {
        let origin = snapshot.origin;
        let mut tx = self.0.begin_with("begin immediate").await?;
        let removal = match others {
            Others::Dropped => {
                sqlx::query("delete from snapshots where tenant = ? and category = ? and stream_id = ?")
                    .bind(origin.tenant.uuid())
                    .bind(origin.fold.name())
                    .bind(origin.id)
            }
            Others::Thinned => sqlx::query(
                "delete from snapshots
                where tenant = ? and category = ? and stream_id = ?
                    and (fingerprint <> ? or (version < ? and version >= ?))",
            )
            .bind(origin.tenant.uuid())
            .bind(origin.fold.name())
            .bind(origin.id)
            .bind(snapshot.fingerprint.0.as_slice())
            .bind(number(snapshot.version))
            .bind(number(snapshot.version / BLOCK * BLOCK)),
        };
        removal.execute(&mut *tx).await?;
        sqlx::query(
            "insert or replace into snapshots
                (tenant, category, stream_id, position, version, hash, fingerprint, state, token)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(origin.tenant.uuid())
        .bind(origin.fold.name())
        .bind(origin.id)
        .bind(number(snapshot.position.0))
        .bind(number(snapshot.version))
        .bind(snapshot.hash.as_slice())
        .bind(snapshot.fingerprint.0.as_slice())
        .bind(snapshot.state.as_slice())
        .bind(snapshot.token.as_slice())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}
