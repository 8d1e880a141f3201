//! A cluster and a database for one test.

use std::{env, panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;
use kurrent::log::{KurrentLog, Settings};
use kurrent_stand_in::StandIn;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use crate::skip::skip;

/// An append as large as a node can be configured for, near enough: its records end at 16 MiB.
pub(crate) const NODE_LIMIT: usize = 15 * 1024 * 1024;

/// What a test's log stands on.
pub(crate) struct Ground {
    /// Of the cluster.
    pub(crate) cluster: String,
    /// Of the database.
    pub(crate) database: String,
    /// Where the log is in the cluster.
    pub(crate) namespace: String,
}

impl Ground {
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            max_append_bytes: NODE_LIMIT,
            patience: Duration::from_secs(20),
            namespace: self.namespace.clone(),
            ..Settings::default()
        }
    }

    pub(crate) async fn open(&self) -> KurrentLog {
        self.open_with(self.settings()).await
    }

    pub(crate) async fn open_with(&self, settings: Settings) -> KurrentLog {
        KurrentLog::connect(&self.cluster, &self.database, settings)
            .await
            .unwrap()
    }
}

/// Runs a test with a PostgreSQL database of its own, or says that it is skipped.
pub(crate) async fn with_database<F: Future<Output = ()>>(test: impl FnOnce(String) -> F) {
    let Ok(url) = env::var("GREENROOM_TEST_POSTGRES_URL") else {
        return skip("GREENROOM_TEST_POSTGRES_URL is not set");
    };
    let mut random = [0; 8];
    getrandom::fill(&mut random).unwrap();
    let name = format!("greenroom_kurrent_{:016x}", u64::from_be_bytes(random));
    let options: PgConnectOptions = url.parse().unwrap();
    let mut server = PgConnection::connect_with(&options).await.unwrap();
    let create = AssertSqlSafe(format!("create database {name}"));
    sqlx::raw_sql(create).execute(&mut server).await.unwrap();

    let own = options.database(&name).to_url_lossy().to_string();
    let result = AssertUnwindSafe(test(own)).catch_unwind().await;

    let drop = AssertSqlSafe(format!("drop database {name} with (force)"));
    sqlx::raw_sql(drop).execute(&mut server).await.unwrap();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

/// Runs a test on a fresh stand-in and a fresh database.
pub(crate) async fn on_stand_in<F: Future<Output = ()>>(test: impl FnOnce(StandIn, Ground) -> F) {
    with_database(async |database| {
        let stand_in = StandIn::start(NODE_LIMIT).await;
        let ground = Ground {
            cluster: stand_in.url(),
            database,
            namespace: String::new(),
        };
        test(stand_in, ground).await;
    })
    .await;
}

/// Runs a test on the node that `GREENROOM_TEST_KURRENT_URL` names, in a namespace of its own; else on a stand-in. The
/// node has to take appends of [`NODE_LIMIT`] (`MaxAppendSize`).
pub(crate) async fn on_a_node<F: Future<Output = ()>>(test: impl FnOnce(Ground) -> F) {
    let Ok(cluster) = env::var("GREENROOM_TEST_KURRENT_URL") else {
        return on_stand_in(async |_node, ground| test(ground).await).await;
    };
    with_database(async |database| {
        let namespace = database.rsplit(['/', '_']).next().unwrap_or_default();
        let ground = Ground {
            namespace: format!("test{namespace}"),
            cluster,
            database,
        };
        test(ground).await;
    })
    .await;
}
