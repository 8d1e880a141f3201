//! What the tests of read models share: databases to run on, and plausible histories.

pub(crate) mod gate;
pub(crate) mod history;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::envelope::Position;
use sqlx::{Connection, PgConnection, PgPool};
use store::{codec::Codec, memory::MemoryLog};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    ground::{Ground, Pace, Share},
    projections::{Model, Projections},
    recent::Recent,
    sql::{Cells, Db, Kind, Name},
};

/// A database of its own, which is gone when the test is over.
pub(crate) struct TestDb {
    pub(crate) db: Db,
    place: Place,
}

enum Place {
    Folder(#[allow(dead_code)] tempfile::TempDir),
    Postgres { server: String, name: String },
}

impl TestDb {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("read.db")).await.unwrap();
        Self {
            db,
            place: Place::Folder(folder),
        }
    }

    /// `None` without a server, unless every test is wanted.
    pub(crate) async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var("GREENROOM_TEST_POSTGRES_URL") else {
            let required = std::env::var("GREENROOM_TEST_REQUIRE").is_ok_and(|what| what == "all");
            assert!(
                !required,
                "GREENROOM_TEST_POSTGRES_URL is not set, and all tests are required"
            );
            eprintln!("skipped: GREENROOM_TEST_POSTGRES_URL is not set");
            return None;
        };
        let name = format!("greenroom_read_{}", Uuid::now_v7().simple());
        let mut connection = PgConnection::connect(&server).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("create database {name}"));
        sqlx::query(create).execute(&mut connection).await.unwrap();
        let options: sqlx::postgres::PgConnectOptions = server.parse().unwrap();
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(6)
            .connect_with(options.database(&name))
            .await
            .unwrap();
        Some(Self {
            db: Db::postgres(pool),
            place: Place::Postgres { server, name },
        })
    }

    pub(crate) fn pool(&self) -> Option<&PgPool> {
        match &self.db {
            Db::Postgres { writer, .. } => Some(writer),
            Db::Sqlite { .. } => None,
        }
    }

    pub(crate) async fn drop(self) {
        self.db.close().await;
        if let Place::Postgres { server, name } = self.place {
            let mut connection = PgConnection::connect(&server).await.unwrap();
            let drop = sqlx::AssertSqlSafe(format!("drop database {name} with (force)"));
            sqlx::query(drop).execute(&mut connection).await.unwrap();
        }
    }
}

/// Runs the same test on both databases.
macro_rules! on_both {
    ($(#[$meta:meta])* async fn $name:ident($db:ident) $body:block) => {
        mod $name {
            use super::*;

            async fn check($db: &TestDb) $body

            #[tokio::test]
            async fn on_sqlite() {
                let db = TestDb::sqlite().await;
                check(&db).await;
                db.drop().await;
            }

            #[tokio::test]
            async fn on_postgres() {
                if let Some(db) = TestDb::postgres().await {
                    check(&db).await;
                    db.drop().await;
                }
            }
        }
    };
}
pub(crate) use on_both;

/// Quick, so that nobody waits.
pub(crate) const BRISK: Pace = Pace {
    look: Duration::from_millis(5),
    unheard: Duration::from_millis(20),
    patience: Duration::from_millis(100),
    build_every: Duration::from_millis(50),
    build_share: Share::ALL,
    pause: Duration::from_millis(1),
    longest_pause: Duration::from_millis(20),
    ..Pace::NORMAL
};

pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) fn ground(db: &TestDb, log: &Arc<MemoryLog>) -> Ground {
    Ground {
        log: log.clone(),
        codec: Codec::current(),
        db: db.db.clone(),
        pace: BRISK,
        past: None,
        recent: Recent::default(),
    }
}

/// Read models that run until they are stopped.
pub(crate) struct Running {
    pub(crate) projections: Arc<Projections>,
    shutdown: CancellationToken,
}

impl Running {
    pub(crate) async fn start(models: Vec<Box<dyn Model>>, ground: Ground) -> Self {
        let shutdown = CancellationToken::new();
        let projections = Projections::start_these(models, ground, &shutdown).await.unwrap();
        Self {
            projections,
            shutdown,
        }
    }

    /// Until everything in the log is folded in.
    pub(crate) async fn caught_up(&self) -> Position {
        let head = self.projections.log().head().await.unwrap();
        self.projections.wait_for(head, LONG).await.unwrap();
        head
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.projections.stopped().await;
    }
}

/// Everything that the views of these read models show.
pub(crate) async fn dump(db: &Db, models: &[&'static str]) -> BTreeMap<&'static str, Vec<Cells>> {
    let mut all = BTreeMap::new();
    for model in models {
        let mut sql = db.sql();
        sql.push("select tenant, key, position, row from ")
            .table(&Name::new(*model).unwrap())
            .push(" order by tenant, key");
        all.insert(
            *model,
            db.fetch(sql, &[Kind::Id, Kind::Id, Kind::Integer, Kind::Text])
                .await
                .unwrap(),
        );
    }
    all
}

/// Holds what views show against each other. Says of the first difference which it is, and not everything there is.
#[track_caller]
pub(crate) fn assert_same(
    found: &BTreeMap<&'static str, Vec<Cells>>,
    expected: &BTreeMap<&'static str, Vec<Cells>>,
) {
    assert!(found.keys().eq(expected.keys()), "other read models");
    for (model, found) in found {
        let expected = &expected[model];
        let difference = found
            .iter()
            .zip(expected)
            .position(|(found, expected)| found != expected);
        if let Some(row) = difference {
            panic!(
                "{model}, row {row}: {:?} instead of {:?}",
                found[row], expected[row]
            );
        }
        assert_eq!(found.len(), expected.len(), "rows of {model}");
    }
}
