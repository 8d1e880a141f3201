//! Read tables and effects that are built anew from the log.

use std::{collections::BTreeMap, path::Path};

use greenroom::demo::{
    journey::{Clockwork, Journey, prepare},
    operations as op,
    story::Silent,
};
use projections::projections::names;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::support::{
    mails::sent,
    server::{Place, Server},
};

/// Rows of all read models, each as text.
type Tables = BTreeMap<&'static str, Vec<String>>;

async fn read_tables(place: &Place) -> Tables {
    match place.database_url() {
        None => sqlite_tables(&place.folder().join("read.db")).await,
        Some(url) => postgres_tables(&url).await,
    }
}

async fn sqlite_tables(file: &Path) -> Tables {
    let options = SqliteConnectOptions::new().filename(file);
    let mut db = SqliteConnection::connect_with(&options).await.unwrap();
    let mut tables = Tables::new();
    for name in names() {
        let columns = format!(
            "select group_concat('quote(' || name || ')', ' || '','' || ') from pragma_table_info('{name}')"
        );
        let row: String = sqlx::query_scalar(AssertSqlSafe(columns))
            .fetch_one(&mut db)
            .await
            .unwrap();
        let rows = format!("select {row} as one from {name} order by one");
        let rows = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut db).await;
        tables.insert(name, rows.unwrap());
    }
    db.close().await.unwrap();
    tables
}

async fn postgres_tables(url: &str) -> Tables {
    let mut db = PgConnection::connect(url).await.unwrap();
    let mut tables = Tables::new();
    for name in names() {
        let rows = format!("select shown::text as one from read.{name} as shown order by one");
        let rows = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut db).await;
        tables.insert(name, rows.unwrap());
    }
    db.close().await.unwrap();
    tables
}

/// All effects with their deed, due time and state.
async fn effects(place: &Place) -> Vec<String> {
    let db = match place.database_url() {
        None => workers::db::Db::open_sqlite(&place.folder().join("effects.db")).await,
        Some(url) => workers::db::Db::open_postgres(&url, 1).await,
    };
    let db = db.unwrap();
    let rows = db.dump().await.unwrap();
    db.close().await;
    let mut rows: Vec<_> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.sort();
    rows
}

async fn head(server: &Server) -> Value {
    let admin = server.cast().unwrap().admin;
    admin.data(op::SYSTEM, &json!({})).await.unwrap()["system"]["head"].clone()
}

#[tokio::test]
async fn a_rebuild_leaves_every_table_equal_and_sends_nothing_on_sqlite() {
    let server = Server::embedded().await;

    a_rebuild_changes_nothing(server).await;
}

#[tokio::test]
async fn a_rebuild_leaves_every_table_equal_and_sends_nothing_on_postgres() {
    let Some(place) = Place::postgres().await else {
        return;
    };
    let server = place.start().await.unwrap();

    a_rebuild_changes_nothing(server).await;
}

async fn a_rebuild_changes_nothing(server: Server) {
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let journey = Journey::run(&cast, &stage, &server.clock, &Silent).await.unwrap();
    journey
        .erase(&cast, &stage, &server.clock, &Silent)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let end = head(&server).await;
    let (place, _) = server.stop().await;
    let (tables, wanted, mails) = (
        read_tables(&place).await,
        effects(&place).await,
        sent(place.folder()),
    );

    place.tool("rebuild", &[]).await.unwrap();

    assert!(
        tables["interviews"].len() == 1 && wanted.len() > 10,
        "{tables:#?}"
    );
    for (name, rows) in read_tables(&place).await {
        assert_eq!(rows, tables[name], "{name}");
    }
    assert_eq!(effects(&place).await, wanted);
    let server = place.start().await.unwrap();
    server.clock.settle().await.unwrap();
    assert_eq!(sent(server.place.folder()), mails);
    assert_eq!(head(&server).await, end);
}
