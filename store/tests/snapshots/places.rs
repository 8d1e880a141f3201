//! What every place for snapshots does.

use std::fs;

use domain::{envelope::Position, fact::Category, ids::OrganisationId};
use sqlx::{PgPool, SqliteConnection, prelude::Connection};
use store::snapshots::{
    BLOCK, Fold, Origin, Others, Snapshot, Snapshots, fingerprint::Fingerprint, memory::MemorySnapshots,
    postgres::PostgresSnapshots, sqlite::SqliteSnapshots,
};
use uuid::Uuid;

use crate::support::with_postgres;

const OURS: Fingerprint = Fingerprint([1; 32]);
const OTHER: Fingerprint = Fingerprint([2; 32]);
const ROOM: Fold = Fold::Aggregate(Category::Room);
const END: Position = Position(u64::MAX);

fn origin(tenant: u128, fold: Fold, id: u128) -> Origin {
    Origin {
        tenant: OrganisationId::new(Uuid::from_u128(tenant)),
        fold,
        id: Uuid::from_u128(id),
    }
}

fn room() -> Origin {
    origin(1, ROOM, 1)
}

/// The snapshot at a version, ten positions for each.
fn snapshot(origin: Origin, version: u64, fingerprint: Fingerprint) -> Snapshot {
    Snapshot {
        origin,
        version,
        position: Position(version * 10),
        hash: [u8::try_from(version % 256).unwrap(); 32],
        fingerprint,
        state: format!("{{\"at\":{version}}}").into_bytes(),
        token: [9; 32],
    }
}

async fn latest(place: &dyn Snapshots, origin: Origin, position: Position) -> Option<Snapshot> {
    place.latest_at_or_below(origin, position, OURS).await.unwrap()
}

/// The versions that are kept of a stream under our fingerprint, latest first.
async fn kept(place: &dyn Snapshots, origin: Origin) -> Vec<u64> {
    let (mut versions, mut below) = (Vec::new(), END);
    while let Some(found) = latest(place, origin, below).await {
        versions.push(found.version);
        below = Position(found.position.0 - 1);
    }
    versions
}

async fn suite(place: &dyn Snapshots) {
    assert_eq!(latest(place, room(), END).await, None);

    // What is kept is found as it was, from its position on, and nowhere else.
    let first = snapshot(room(), 100, OURS);
    place.keep(&first, Others::Dropped).await.unwrap();
    assert_eq!(latest(place, room(), END).await, Some(first.clone()));
    assert_eq!(latest(place, room(), Position(1_000)).await, Some(first));
    assert_eq!(latest(place, room(), Position(999)).await, None);
    let strangers = [
        origin(2, ROOM, 1),
        origin(1, Fold::Aggregate(Category::Payment), 1),
        origin(1, Fold::ReadModel("room"), 1),
        origin(1, ROOM, 2),
    ];
    for stranger in strangers {
        assert_eq!(latest(place, stranger, END).await, None);
    }
    let stale = place.latest_at_or_below(room(), END, OTHER).await.unwrap();
    assert_eq!(stale, None);

    // One stays of each block: the last.
    for version in [200, 999, 1_000, 1_900, 2_000, 2_100] {
        let next = snapshot(room(), version, OURS);
        place.keep(&next, Others::Thinned).await.unwrap();
    }
    assert_eq!(BLOCK, 1_000);
    assert_eq!(kept(place, room()).await, [2_100, 1_900, 999]);
    let past = latest(place, room(), Position(20_999)).await.unwrap();
    assert_eq!(past.version, 1_900);

    // Again at the same position: the later one.
    let again = Snapshot {
        state: b"{}".to_vec(),
        ..snapshot(room(), 2_100, OURS)
    };
    place.keep(&again, Others::Thinned).await.unwrap();
    assert_eq!(latest(place, room(), END).await, Some(again));

    // A look at the past may keep one between others.
    place
        .keep(&snapshot(room(), 500, OURS), Others::Thinned)
        .await
        .unwrap();
    assert_eq!(kept(place, room()).await, [2_100, 1_900, 999, 500]);

    // Other streams stay; another fingerprint drives out those of the same stream.
    let neighbour = snapshot(origin(1, ROOM, 2), 100, OURS);
    place.keep(&neighbour, Others::Dropped).await.unwrap();
    place
        .keep(&snapshot(room(), 300, OTHER), Others::Thinned)
        .await
        .unwrap();
    assert_eq!(kept(place, room()).await, Vec::<u64>::new());
    assert_eq!(latest(place, neighbour.origin, END).await, Some(neighbour));

    // A stream that was folded anew begins anew, also behind what is ahead of it.
    place
        .keep(&snapshot(room(), 9_000, OURS), Others::Thinned)
        .await
        .unwrap();
    place
        .keep(&snapshot(room(), 400, OURS), Others::Dropped)
        .await
        .unwrap();
    assert_eq!(kept(place, room()).await, [400]);
}

#[tokio::test]
async fn memory_does_what_every_place_does() {
    suite(&MemorySnapshots::default()).await;
}

#[tokio::test]
async fn sqlite_does_what_every_place_does() {
    let folder = tempfile::tempdir().unwrap();

    suite(
        &SqliteSnapshots::open(&folder.path().join("snapshots.db"))
            .await
            .unwrap(),
    )
    .await;
}

#[tokio::test]
async fn postgres_does_what_every_place_does() {
    with_postgres(async |database| {
        let pool = PgPool::connect(&database.0).await.unwrap();
        suite(&PostgresSnapshots::open(pool.clone()).await.unwrap()).await;

        let persistence: String = sqlx::query_scalar(
            "select relpersistence::text from pg_class where oid = 'snapshots.snapshots'::regclass",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(persistence, "u", "the table has no write-ahead log");
        pool.close().await;
    })
    .await;
}

#[tokio::test]
async fn sqlite_keeps_them_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snapshots.db");
    let before = SqliteSnapshots::open(&file).await.unwrap();
    before
        .keep(&snapshot(room(), 100, OURS), Others::Dropped)
        .await
        .unwrap();
    before.close().await;

    let after = SqliteSnapshots::open(&file).await.unwrap();

    assert_eq!(kept(&after, room()).await, [100]);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snapshots.db");
    fs::write(
        &file,
        "no database at all, and longer than its header".repeat(100),
    )
    .unwrap();

    let place = SqliteSnapshots::open(&file).await.unwrap();

    place
        .keep(&snapshot(room(), 100, OURS), Others::Dropped)
        .await
        .unwrap();
    assert_eq!(kept(&place, room()).await, [100]);
}

#[tokio::test]
async fn a_file_of_another_version_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snapshots.db");
    SqliteSnapshots::open(&file).await.unwrap().close().await;
    let mut newer = SqliteConnection::connect(&format!("sqlite:{}", file.display()))
        .await
        .unwrap();
    sqlx::raw_sql("insert into schema_migrations (name, sha256) values ('9999_later', 'x')")
        .execute(&mut newer)
        .await
        .unwrap();
    newer.close().await.unwrap();

    let place = SqliteSnapshots::open(&file).await.unwrap();

    place
        .keep(&snapshot(room(), 100, OURS), Others::Dropped)
        .await
        .unwrap();
    assert_eq!(kept(&place, room()).await, [100]);
}
