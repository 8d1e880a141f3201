//! Snapshots in the schema `snapshots` of a PostgreSQL database, in a table without a write-ahead log: a crash empties
//! it, which costs nobody an answer.

use async_trait::async_trait;
use domain::envelope::Position;
use sqlx::PgPool;

use super::{BLOCK, Origin, Others, Row, Snapshot, Snapshots, fingerprint::Fingerprint, number, of_row};
use crate::{
    log::BoxError,
    migrations::{Migration, MigrationError, migrate_postgres},
};

const MIGRATIONS: &[Migration] = &[Migration {
    name: "0015_create_snapshots",
    sql: include_str!("../../../migrations/postgres/0015_create_snapshots.sql"),
}];

/// Snapshots in the schema `snapshots`.
#[derive(Clone, Debug)]
pub struct PostgresSnapshots(PgPool);

impl PostgresSnapshots {
    /// Uses the database of a pool, which should be nobody else's, so that nothing waits for a connection that keeps a
    /// snapshot.
    ///
    /// # Errors
    /// When it cannot be reached or is of a newer version.
    pub async fn open(pool: PgPool) -> Result<Self, MigrationError> {
        migrate_postgres(&mut *pool.acquire().await?, "snapshots", MIGRATIONS).await?;
        Ok(Self(pool))
    }

    /// Closes the pool.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

#[async_trait]
impl Snapshots for PostgresSnapshots {
    async fn latest_at_or_below(
        &self,
        origin: Origin,
        position: Position,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, BoxError> {
        let row: Option<Row> = sqlx::query_as(
            "select position, version, hash, fingerprint, state, token
            from snapshots.snapshots
            where tenant = $1 and category = $2 and stream_id = $3 and position <= $4 and fingerprint = $5
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
        let mut tx = self.0.begin().await?;
        let removal = match others {
            Others::Dropped => sqlx::query(
                "delete from snapshots.snapshots where tenant = $1 and category = $2 and stream_id = $3",
            )
            .bind(origin.tenant.uuid())
            .bind(origin.fold.name())
            .bind(origin.id),
            Others::Thinned => sqlx::query(
                "delete from snapshots.snapshots
                where tenant = $1 and category = $2 and stream_id = $3
                    and (fingerprint <> $4 or (version < $5 and version >= $6))",
            )
            .bind(origin.tenant.uuid())
            .bind(origin.fold.name())
            .bind(origin.id)
            .bind(snapshot.fingerprint.0.as_slice())
            .bind(number(snapshot.version))
            .bind(number(snapshot.version / BLOCK * BLOCK)),
        };
        removal.execute(&mut *tx).await?;
        // Another node may have kept it in the meantime.
        sqlx::query(
            "insert into snapshots.snapshots
                (tenant, category, stream_id, position, version, hash, fingerprint, state, token)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (tenant, category, stream_id, position) do update
            set version = excluded.version,
                hash = excluded.hash,
                fingerprint = excluded.fingerprint,
                state = excluded.state,
                token = excluded.token",
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
