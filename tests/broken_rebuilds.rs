//! Rebuilds that are killed, that servers go on beside, and what they tell meanwhile.

use std::{
    collections::{BTreeSet, hash_map::RandomState},
    env,
    hash::BuildHasher,
    path::Path,
    time::{Duration, Instant},
};

use histories::{
    history::{History, Scale},
    stored::append,
};
use projections::projections::names;
use sqlx::{Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use store::{log::Log, postgres::PostgresLog};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::support::server::Place;

/// How long something may take to come.
const PATIENCE: Duration = Duration::from_secs(120);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);
/// How long after it was seen to work a rebuild lives on at most, in milliseconds.
const LONGEST_LIFE: u64 = 400;
/// Rebuilds that are watched take their time: a second or two for a thousand events.
const SLOWLY: &[&str] = &["--share", "2"];
/// Events that are appended in a second.
const RATE: u32 = 500;

fn is_long() -> bool {
    env::var("GREENROOM_TEST_LONG").is_ok_and(|asked| asked == "1")
}

/// A checkpoint: the name of the table, and how far it is.
type Checkpoint = (String, i64);

/// How far all tables are; nothing before there are any.
async fn checkpoints(place: &Place) -> Vec<Checkpoint> {
    let found = match place.database_url() {
        None => of_sqlite(&place.folder().join("read.db")).await,
        Some(url) => of_postgres(&url).await,
    };
    found.unwrap_or_default()
}

async fn of_sqlite(file: &Path) -> sqlx::Result<Vec<Checkpoint>> {
    let options = SqliteConnectOptions::new().filename(file);
    let mut db = SqliteConnection::connect_with(&options).await?;
    let query = sqlx::query_as("select table_name, position from checkpoints");
    let found = query.fetch_all(&mut db).await?;
    db.close().await?;
    Ok(found)
}

async fn of_postgres(url: &str) -> sqlx::Result<Vec<Checkpoint>> {
    let mut db = PgConnection::connect(url).await?;
    let query = sqlx::query_as("select table_name, position from read.checkpoints");
    let found = query.fetch_all(&mut db).await?;
    db.close().await?;
    Ok(found)
}

/// How far the table is that is furthest back, once there is one for each read model.
async fn least(place: &Place) -> i64 {
    let found = checkpoints(place).await;
    let all = found.len() == names().len();
    let least = found.into_iter().map(|(_, position)| position).min();
    least.filter(|_| all).unwrap_or(0)
}

async fn tables(place: &Place) -> BTreeSet<String> {
    checkpoints(place)
        .await
        .into_iter()
        .map(|(table, _)| table)
        .collect()
}

async fn assert_whole(place: &Place) {
    let examined = place.tool("doctor", &names()).await.unwrap();
    let whole = examined.matches("as the log says").count();
    assert_eq!(whole, names().len(), "{examined}");
}

#[tokio::test]
async fn a_rebuild_that_is_killed_again_and_again_gives_what_the_log_says_on_sqlite() {
    goes_on_after_kills(&Place::embedded()).await;
}

#[tokio::test]
async fn a_rebuild_that_is_killed_again_and_again_gives_what_the_log_says_on_postgres() {
    if let Some(place) = Place::postgres().await {
        goes_on_after_kills(&place).await;
    }
}

async fn goes_on_after_kills(place: &Place) {
    let (kills, events) = if is_long() { (20, 80_000) } else { (3, 12_000) };
    let events = place.fill_log(events).await;
    let (chance, mut built, mut reached) = (RandomState::new(), BTreeSet::new(), Vec::new());

    for kill in 0..kills {
        let before = reached.last().copied().unwrap_or(0);
        let mut rebuild = place.begin("rebuild", SLOWLY);
        let moving = async {
            while least(place).await <= before {
                assert!(rebuild.try_wait().unwrap().is_none(), "it ended too early");
                sleep(PAUSE).await;
            }
        };
        timeout(PATIENCE, moving).await.expect("it does not go on");
        // At any moment: also in the middle of a transaction.
        sleep(Duration::from_millis(chance.hash_one(kill) % LONGEST_LIFE)).await;
        assert!(rebuild.try_wait().unwrap().is_none(), "it ended too early");
        rebuild.kill().await.unwrap();
        reached.push(least(place).await);
        built.extend(tables(place).await);
    }
    eprintln!("killed when all tables were at {reached:?}");
    let told = place.tool("rebuild", &[]).await.unwrap();

    assert!(reached.is_sorted() && reached.len() == kills, "{reached:?}");
    assert_eq!(tables(place).await, built, "another table was begun");
    assert!(told.contains(&format!("built up to event {events}")), "{told}");
    assert_whole(place).await;
}

#[tokio::test]
async fn a_rebuild_whose_output_is_piped_tells_line_by_line_how_far_it_is() {
    let place = Place::embedded();
    let events = place.fill_log(3_000).await;

    let told = place.tool("rebuild", SLOWLY).await.unwrap();

    let lines: Vec<_> = told.lines().collect();
    let [first, .., last, effects] = lines.as_slice() else {
        panic!("{told}");
    };
    // The first thousand events that a read model hears, and those between them.
    let (done, rest) = first
        .strip_prefix("read models: ")
        .and_then(|line| line.split_once(" of "))
        .unwrap_or_else(|| panic!("{told}"));
    assert!((1_000..events).contains(&done.parse().unwrap()), "{told}");
    assert!(
        rest.contains(" a second, ") && rest.ends_with(" s left"),
        "{told}"
    );
    assert!(
        last.starts_with(&format!("read models: built up to event {events}, ")),
        "{told}"
    );
    assert_eq!(*effects, "effects: found again, nothing was done meanwhile");
    assert!(!told.contains(['\u{1b}', '\r']), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_beside_a_server_under_load_ends_and_loses_nothing() {
    let Some(place) = Place::postgres().await else {
        return;
    };
    let (events, share) = if is_long() { (100_000, "20") } else { (4_000, "2") };
    let server = place.start().await.unwrap();
    let url = server.place.database_url().unwrap();
    let log = PostgresLog::connect(&url).await.unwrap();
    let (mut history, mut before) = (History::new(Scale::events(1_000_000), 1), 0);
    while before < events {
        before += more(&log, &mut history).await;
    }
    caught_up(&url, &log).await;

    let mut rebuild = server.place.begin("rebuild", &["--share", share]);
    let mut appended = 0;
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let status = loop {
        let came = more(&log, &mut history).await;
        for _ in 0..came {
            ticks.tick().await;
        }
        appended += came;
        if let Some(status) = rebuild.try_wait().unwrap() {
            break status;
        }
    };
    caught_up(&url, &log).await;
    log.close().await;

    eprintln!("{appended} events came while {before} were rebuilt");
    assert!(
        status.success() && appended > 100,
        "{status}, {appended} events came"
    );
    assert_whole(&server.place).await;
}

/// The next append of a history; says of how many events.
async fn more(log: &PostgresLog, history: &mut History) -> u64 {
    let writes = history.next().unwrap();
    let events = writes.iter().map(|write| write.events.len() as u64).sum();
    log.append(append(history.appends(), writes)).await.unwrap();
    events
}

/// Waits until the server has folded in all there is, however long that takes, as long as it goes on.
async fn caught_up(url: &str, log: &PostgresLog) {
    const LIVE: &str = "
        select coalesce(min(c.position), 0)
        from read.checkpoints c
        join read.read_models r on r.live = c.table_name";
    let head = i64::try_from(log.head().await.unwrap().0).unwrap();
    let mut db = PgConnection::connect(url).await.unwrap();
    let (mut before, mut moved) = (-1, Instant::now());
    loop {
        let now: i64 = sqlx::query_scalar(LIVE).fetch_one(&mut db).await.unwrap();
        if now >= head {
            return;
        }
        if now > before {
            (before, moved) = (now, Instant::now());
        }
        assert!(moved.elapsed() < PATIENCE, "it stays at {now} of {head}");
        sleep(PAUSE).await;
    }
}
