//! Brings a database to the shape this build knows, and refuses one of a newer build.
//!
//! Each owner of tables (log, keys, effects) has its own list and its own table `schema_migrations`: in its own file
//! on SQLite, in its own schema on PostgreSQL. A migration that has been applied is never edited; its SHA-256 is kept
//! so that an edited one is noticed.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

/// One file of /migrations.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its file name without the ending, such as `0001_create_log`.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A statement failed.
    #[error("the database could not be migrated")]
    Database(#[from] sqlx::Error),
    /// A migration that was applied reads otherwise in this build.
    #[error("migration {name} was applied in another form than this build has")]
    Changed {
        /// Which.
        name: String,
    },
    /// The database was migrated by a newer build.
    #[error(
        "the database belongs to a newer version of Greenroom ({name} is not known here): start that version"
    )]
    Newer {
        /// Which.
        name: String,
    },
    /// The database was not migrated by this build yet, and whoever asked only reads.
    #[error(
        "the database belongs to an older version of Greenroom ({name} is missing): run `greenroom migrate`"
    )]
    Older {
        /// Which.
        name: &'static str,
    },
}

/// All nodes that migrate one PostgreSQL database take turns under this advisory lock; the number is arbitrary.
const ADVISORY_LOCK: i64 = 0x6772_6e72_6d00_0001;

/// Brings a SQLite file up to date, in one transaction.
pub async fn migrate_sqlite(
    connection: &mut SqliteConnection,
    migrations: &[Migration],
) -> Result<(), MigrationError> {
    sqlx::raw_sql("begin immediate").execute(&mut *connection).await?;
    match apply_sqlite(connection, migrations).await {
        Ok(()) => Ok(sqlx::raw_sql("commit").execute(connection).await.map(drop)?),
        Err(error) => {
            sqlx::raw_sql("rollback").execute(connection).await?;
            Err(error)
        }
    }
}

async fn apply_sqlite(
    connection: &mut SqliteConnection,
    migrations: &[Migration],
) -> Result<(), MigrationError> {
    sqlx::raw_sql(
        "create table if not exists schema_migrations (
            name text not null,
            sha256 text not null,
            constraint schema_migrations_pk primary key (name)
        ) strict",
    )
    .execute(&mut *connection)
    .await?;
    let applied: Vec<(String, String)> = sqlx::query_as("select name, sha256 from schema_migrations")
        .fetch_all(&mut *connection)
        .await?;
    for migration in missing(&applied, migrations)? {
        sqlx::raw_sql(migration.sql).execute(&mut *connection).await?;
        sqlx::query("insert into schema_migrations (name, sha256) values (?, ?)")
            .bind(migration.name)
            .bind(fingerprint(migration))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Makes sure that a SQLite file has the shape of this build, and changes nothing.
///
/// # Errors
/// [`MigrationError`], when it is of another version or no database of ours.
pub async fn check_sqlite(
    connection: &mut SqliteConnection,
    migrations: &[Migration],
) -> Result<(), MigrationError> {
    let applied: Vec<(String, String)> = sqlx::query_as("select name, sha256 from schema_migrations")
        .fetch_all(connection)
        .await?;
    check(&applied, migrations)
}

/// Makes sure that a schema of a PostgreSQL database has the shape of this build, and changes nothing. `schema` is a
/// plain lower-case name.
///
/// # Errors
/// [`MigrationError`], when it is of another version or not there.
pub async fn check_postgres(
    connection: &mut PgConnection,
    schema: &'static str,
    migrations: &[Migration],
) -> Result<(), MigrationError> {
    let applied: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(format!(
        "select name, sha256 from {schema}.schema_migrations"
    )))
    .fetch_all(connection)
    .await?;
    check(&applied, migrations)
}

fn check(applied: &[(String, String)], migrations: &[Migration]) -> Result<(), MigrationError> {
    let name = missing(applied, migrations)?
        .first()
        .map(|migration| migration.name);
    name.map_or(Ok(()), |name| Err(MigrationError::Older { name }))
}

/// Brings one schema of a PostgreSQL database up to date, in one transaction; makes the schema when it is absent.
/// Several nodes may do so at the same time. `schema` is a plain lower-case name.
pub async fn migrate_postgres(
    connection: &mut PgConnection,
    schema: &'static str,
    migrations: &[Migration],
) -> Result<(), MigrationError> {
    sqlx::raw_sql("begin").execute(&mut *connection).await?;
    match apply_postgres(connection, schema, migrations).await {
        Ok(()) => Ok(sqlx::raw_sql("commit").execute(connection).await.map(drop)?),
        Err(error) => {
            sqlx::raw_sql("rollback").execute(connection).await?;
            Err(error)
        }
    }
}

async fn apply_postgres(
    connection: &mut PgConnection,
    schema: &'static str,
    migrations: &[Migration],
) -> Result<(), MigrationError> {
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(ADVISORY_LOCK)
        .execute(&mut *connection)
        .await?;
    sqlx::raw_sql(AssertSqlSafe(format!(
        "set local client_min_messages = warning;
        create schema if not exists {schema};
        create table if not exists {schema}.schema_migrations (
            name text not null,
            sha256 text not null,
            constraint schema_migrations_pk primary key (name)
        )"
    )))
    .execute(&mut *connection)
    .await?;
    let applied: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(format!(
        "select name, sha256 from {schema}.schema_migrations"
    )))
    .fetch_all(&mut *connection)
    .await?;
    for migration in missing(&applied, migrations)? {
        sqlx::raw_sql(migration.sql).execute(&mut *connection).await?;
        sqlx::query(AssertSqlSafe(format!(
            "insert into {schema}.schema_migrations (name, sha256) values ($1, $2)"
        )))
        .bind(migration.name)
        .bind(fingerprint(migration))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// The migrations still to be applied, in order.
fn missing<'a>(
    applied: &[(String, String)],
    migrations: &'a [Migration],
) -> Result<Vec<&'a Migration>, MigrationError> {
    let known: HashMap<_, _> = migrations
        .iter()
        .map(|migration| (migration.name, migration))
        .collect();
    for (name, sha256) in applied {
        let migration = known
            .get(name.as_str())
            .ok_or_else(|| MigrationError::Newer { name: name.clone() })?;
        if fingerprint(migration) != *sha256 {
            return Err(MigrationError::Changed { name: name.clone() });
        }
    }
    let is_applied = |migration: &&Migration| applied.iter().any(|(name, _)| name == migration.name);
    Ok(migrations
        .iter()
        .filter(|migration| !is_applied(migration))
        .collect())
}

fn fingerprint(migration: &Migration) -> String {
    let digest = Sha256::digest(migration.sql.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use sqlx::Connection;

    use super::*;

    const ONE: Migration = Migration {
        name: "0001_create_one",
        sql: "create table one (id integer not null) strict",
    };
    const TWO: Migration = Migration {
        name: "0002_create_two",
        sql: "create table two (id integer not null) strict; create table three (id integer not null) strict",
    };

    async fn database() -> SqliteConnection {
        SqliteConnection::connect("sqlite::memory:").await.unwrap()
    }

    #[tokio::test]
    async fn only_what_is_missing_is_applied() {
        let mut database = database().await;
        migrate_sqlite(&mut database, &[ONE]).await.unwrap();

        migrate_sqlite(&mut database, &[ONE, TWO]).await.unwrap();
        migrate_sqlite(&mut database, &[ONE, TWO]).await.unwrap();

        let applied: i64 = sqlx::query_scalar("select count(*) from schema_migrations")
            .fetch_one(&mut database)
            .await
            .unwrap();
        assert_eq!(applied, 2);
    }

    #[tokio::test]
    async fn a_database_of_a_newer_version_is_refused() {
        let mut database = database().await;
        migrate_sqlite(&mut database, &[ONE, TWO]).await.unwrap();

        let refused = migrate_sqlite(&mut database, &[ONE]).await;

        assert!(matches!(refused, Err(MigrationError::Newer { name }) if name == TWO.name));
    }

    #[tokio::test]
    async fn an_edited_migration_is_refused() {
        let mut database = database().await;
        migrate_sqlite(&mut database, &[ONE]).await.unwrap();

        let edited = Migration {
            sql: "create table other (id integer not null) strict",
            ..ONE
        };
        let refused = migrate_sqlite(&mut database, &[edited]).await;

        assert!(matches!(refused, Err(MigrationError::Changed { name }) if name == ONE.name));
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_nothing_behind() {
        let mut database = database().await;
        let broken = Migration {
            name: "0002_break",
            sql: "create table four (id integer not null) strict; create table four (id integer) strict",
        };

        let failed = migrate_sqlite(&mut database, &[ONE, broken]).await;

        assert!(matches!(failed, Err(MigrationError::Database(_))));
        let tables: i64 = sqlx::query_scalar("select count(*) from sqlite_master")
            .fetch_one(&mut database)
            .await
            .unwrap();
        assert_eq!(tables, 0);
    }
}
