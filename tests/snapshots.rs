//! Folds of long streams that a server leaves behind, and a server that finds them gone.

use greenroom::demo::{client::Client, journey::prepare, operations as op, story::Silent};
use serde_json::json;
use sqlx::{Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::support::server::{Place, Server};

/// More than enough for a snapshot.
const NAMES: usize = 120;

#[tokio::test]
async fn a_long_stream_leaves_a_sealed_snapshot_that_nobody_misses_on_sqlite() {
    nobody_misses(Server::embedded().await).await;
}

#[tokio::test]
async fn a_long_stream_leaves_a_sealed_snapshot_that_nobody_misses_on_postgres() {
    let Some(place) = Place::postgres().await else {
        return;
    };
    nobody_misses(place.start().await.unwrap()).await;
}

#[tokio::test]
async fn a_long_stream_leaves_a_sealed_snapshot_that_nobody_misses_on_kurrent() {
    let Some(place) = Place::kurrent().await else {
        return;
    };
    nobody_misses(place.start().await.unwrap()).await;
}

async fn nobody_misses(server: Server) {
    let cast = server.cast().unwrap();
    prepare(&cast, &Silent).await.unwrap();
    let admin = cast.admin;
    for number in 1..NAMES {
        assert_eq!(rename(&admin, number).await, name(number));
    }
    let (place, status) = server.stop().await;
    assert!(status.success());

    let kept = snapshots(&place).await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].0 >= 100 && !kept[0].1.contains("Asha"), "{kept:?}");
    assert!(kept[0].1.contains("\"sealed\""), "{kept:?}");

    // The next server goes on from it, and so does one after it that finds nothing.
    let server = place.start().await.unwrap();
    assert_eq!(rename(&admin, NAMES).await, name(NAMES));
    let (place, _) = server.stop().await;
    remove(&place).await;
    let server = place.start().await.unwrap();
    assert_eq!(rename(&admin, NAMES + 1).await, name(NAMES + 1));
    let (place, _) = server.stop().await;
    assert_eq!(snapshots(&place).await.len(), 1);
}

fn name(number: usize) -> String {
    format!("Asha {number}")
}

async fn rename(client: &Client, number: usize) -> String {
    let input = json!({ "displayName": name(number), "idempotencyKey": format!("name {number}") });
    let renamed = client.carry_out(op::UPDATE_PROFILE, &input).await.unwrap();
    renamed["person"]["displayName"].as_str().unwrap().to_owned()
}

/// Version and state of every snapshot of an account.
async fn snapshots(place: &Place) -> Vec<(i64, String)> {
    let rows: Vec<(i64, Vec<u8>)> = match place.database_url() {
        None => {
            let mut db = sqlite(place).await;
            let rows = sqlx::query_as("select version, state from snapshots where category = 'account'");
            rows.fetch_all(&mut db).await.unwrap()
        }
        Some(url) => {
            let mut db = PgConnection::connect(&url).await.unwrap();
            let rows =
                sqlx::query_as("select version, state from snapshots.snapshots where category = 'account'");
            rows.fetch_all(&mut db).await.unwrap()
        }
    };
    let shown = |(version, state)| (version, String::from_utf8(state).unwrap());
    rows.into_iter().map(shown).collect()
}

async fn sqlite(place: &Place) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(place.folder().join("snapshots.db"));
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn remove(place: &Place) {
    match place.database_url() {
        None => std::fs::remove_file(place.folder().join("snapshots.db")).unwrap(),
        Some(url) => {
            let mut db = PgConnection::connect(&url).await.unwrap();
            sqlx::raw_sql("drop schema snapshots cascade")
                .execute(&mut db)
                .await
                .unwrap();
        }
    }
}
