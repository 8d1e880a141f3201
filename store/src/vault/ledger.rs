//! Who was erased: kept apart from the log and from the keys, so that no backup of those brings anybody back.
//!
//! A ledger only grows and holds nothing but the random ids of subjects. At every start each key is destroyed again that
//! a ledger names ([`super::Vault::with_ledgers`]).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use domain::ids::SubjectId;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    heads::append_line,
    log::BoxError,
    migrations::{Migration, MigrationError, migrate_postgres},
};

/// Name of the file.
pub const FILE: &str = "erasures.jsonl";

/// A record of erased people.
#[async_trait]
pub trait Ledger: Send + Sync + 'static {
    /// Notes that a person is erased; durable when it returns. Noting it again does no harm.
    async fn record(&self, subject: SubjectId) -> Result<(), BoxError>;
    /// Everybody who was erased.
    async fn erased(&self) -> Result<Vec<SubjectId>, BoxError>;
}

/// A file with a line for each person.
#[derive(Clone, Debug)]
pub struct LedgerFile {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    erased: Uuid,
}

impl LedgerFile {
    /// The file, which need not exist.
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read(&self) -> io::Result<Vec<SubjectId>> {
        let text = match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read?,
        };
        // What a crash cut off has no end, and its key was not destroyed.
        let lines = text
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'));
        lines
            .map(|line| Ok(SubjectId::new(serde_json::from_str::<Line>(line)?.erased)))
            .collect()
    }
}

#[async_trait]
impl Ledger for LedgerFile {
    async fn record(&self, subject: SubjectId) -> Result<(), BoxError> {
        let ledger = self.clone();
        let recorded = tokio::task::spawn_blocking(move || {
            if ledger.read()?.contains(&subject) {
                return Ok(());
            }
            let line = serde_json::to_string(&Line {
                erased: subject.uuid(),
            })?;
            append_line(&ledger.path, &line)
        });
        Ok(recorded.await??)
    }

    async fn erased(&self) -> Result<Vec<SubjectId>, BoxError> {
        let ledger = self.clone();
        Ok(tokio::task::spawn_blocking(move || ledger.read()).await??)
    }
}

const MIGRATIONS: &[Migration] = &[Migration {
    name: "0005_create_erasures",
    sql: include_str!("../../../migrations/postgres/0005_create_erasures.sql"),
}];

/// The schema `erasures` of a PostgreSQL database, which all nodes share and no restore of the log touches.
#[derive(Clone, Debug)]
pub struct PostgresLedger(PgPool);

impl PostgresLedger {
    /// Uses the database of a pool.
    ///
    /// # Errors
    /// When it cannot be reached or is of a newer version.
    pub async fn open(pool: PgPool) -> Result<Self, MigrationError> {
        migrate_postgres(&mut *pool.acquire().await?, "erasures", MIGRATIONS).await?;
        Ok(Self(pool))
    }
}

#[async_trait]
impl Ledger for PostgresLedger {
    async fn record(&self, subject: SubjectId) -> Result<(), BoxError> {
        sqlx::query("insert into erasures.subjects (subject) values ($1) on conflict do nothing")
            .bind(subject.uuid())
            .execute(&self.0)
            .await?;
        Ok(())
    }

    async fn erased(&self) -> Result<Vec<SubjectId>, BoxError> {
        let subjects: Vec<Uuid> =
            sqlx::query_scalar("select subject from erasures.subjects order by subject")
                .fetch_all(&self.0)
                .await?;
        Ok(subjects.into_iter().map(SubjectId::new).collect())
    }
}
