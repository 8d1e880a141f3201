//! A PostgreSQL database for one test.

use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use url::Url;

use super::skip::skip;

/// A database that exists as long as this value.
pub(crate) struct Database {
    server: Url,
    name: String,
}

impl Database {
    /// An empty database on the server that `GREENROOM_TEST_POSTGRES_URL` names; `None` after saying that there is none.
    pub(crate) async fn create() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = env::var("GREENROOM_TEST_POSTGRES_URL") else {
            skip("GREENROOM_TEST_POSTGRES_URL, a PostgreSQL server where databases may be made");
            return None;
        };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let database = Self {
            server: server.parse().unwrap(),
            name: format!("greenroom_whole_{}_{count}", process::id()),
        };
        // One of the same name was left behind by a test that was killed.
        database.tell(&database.removal()).await.unwrap();
        database
            .tell(&format!("create database {}", database.name))
            .await
            .unwrap();
        Some(database)
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url.into()
    }

    fn removal(&self) -> String {
        format!("drop database if exists {} with (force)", self.name)
    }

    async fn tell(&self, sql: &str) -> sqlx::Result<()> {
        let mut connection = PgConnection::connect(self.server.as_str()).await?;
        connection.execute(AssertSqlSafe(sql.to_owned())).await?;
        connection.close().await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let removed = std::thread::scope(|scope| {
            let remove = || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .ok()?;
                runtime.block_on(self.tell(&self.removal())).ok()
            };
            scope.spawn(remove).join()
        });
        // The next run with this process id removes what was left.
        let _ = removed;
    }
}
