//! Databases for one test each.

#![allow(dead_code, unreachable_pub, reason = "every test program uses a part")]

use std::{
    env,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
};

use futures::FutureExt;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use store::postgres::PostgresLog;
use tempfile::TempDir;

#[path = "../../../tests/support/skip.rs"]
pub mod skip;

/// A SQLite file of its own for one test.
pub struct Sqlite(TempDir);

impl Sqlite {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self) -> PathBuf {
        self.0.path().join("log.db")
    }
}

/// A PostgreSQL database of its own for one test, by its address.
pub struct Database(pub String);

impl Database {
    pub async fn connect(&self) -> PostgresLog {
        PostgresLog::connect(&self.0).await.unwrap()
    }
}

/// Runs a test with a PostgreSQL database of its own, or says that it is skipped.
pub async fn with_postgres<F: Future<Output = ()>>(test: impl FnOnce(Database) -> F) {
    let Ok(url) = env::var("GREENROOM_TEST_POSTGRES_URL") else {
        skip::skip("GREENROOM_TEST_POSTGRES_URL, a PostgreSQL server where databases may be made");
        return;
    };
    let mut random = [0; 8];
    getrandom::fill(&mut random).unwrap();
    let name = format!("greenroom_log_{:016x}", u64::from_be_bytes(random));
    let options: PgConnectOptions = url.parse().unwrap();
    let mut server = PgConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name}")))
        .execute(&mut server)
        .await
        .unwrap();

    let own = options.database(&name).to_url_lossy().to_string();
    let result = AssertUnwindSafe(test(Database(own))).catch_unwind().await;

    sqlx::raw_sql(AssertSqlSafe(format!("drop database {name} with (force)")))
        .execute(&mut server)
        .await
        .unwrap();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}
