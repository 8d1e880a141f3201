//! A log with something of everything in it, in places that go away with the test.

use std::{
    env,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{
    actor::Actor,
    envelope::{Position, Recorded},
    ids::{AccountId, EventId, SubjectId},
    time::Instant,
};
use futures::{FutureExt, TryStreamExt};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use store::{
    contract::{append, event, write},
    heads::{Head, HeadsFile, PublicKey, SigningKey},
    history::{self, History, Place, signer::Signer},
    log::{Append, Log, NewEvent},
    postgres::PostgresLog,
    sqlite::SqliteLog,
};
use tempfile::TempDir;
use uuid::Uuid;

/// Random numbers from a seed: splitmix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Seeded by `GREENROOM_TEST_SEED`, which is said, or the same every time.
    pub(crate) fn seeded() -> Self {
        let seed = env::var("GREENROOM_TEST_SEED").map_or(7, |seed| seed.parse().unwrap());
        eprintln!("GREENROOM_TEST_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % most
    }

    /// One of 1, 2, ... `most`.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        self.below(most) + 1
    }
}

/// A folder with a log in a file.
pub(crate) struct Sqlite(pub(crate) TempDir);

impl Sqlite {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("log.db")
    }

    /// The file that finds events by what they belong to.
    pub(crate) fn index(&self) -> PathBuf {
        self.0.path().join("log-index.db")
    }

    pub(crate) fn place(&self) -> Place {
        Place::Sqlite(self.file())
    }

    /// Another folder with a copy of the files; nobody may have them open.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        std::fs::copy(self.file(), copy.file()).unwrap();
        std::fs::copy(self.index(), copy.index()).unwrap();
        copy
    }
}

/// Runs a test with a PostgreSQL database of its own, or says that it is skipped.
pub(crate) async fn with_postgres<F: Future<Output = ()>>(test: impl FnOnce(String) -> F) {
    let Ok(url) = env::var("GREENROOM_TEST_POSTGRES_URL") else {
        let all = env::var("GREENROOM_TEST_REQUIRE").is_ok_and(|required| required == "all");
        assert!(
            !all,
            "GREENROOM_TEST_POSTGRES_URL is not set, and all tests are required"
        );
        eprintln!("skipped: GREENROOM_TEST_POSTGRES_URL is not set");
        return;
    };
    let mut random = [0; 8];
    getrandom::fill(&mut random).unwrap();
    let name = format!("greenroom_proof_{:016x}", u64::from_be_bytes(random));
    let options: PgConnectOptions = url.parse().unwrap();
    tell(&options, format!("create database {name}")).await;

    let own = sqlx::ConnectOptions::to_url_lossy(&options.clone().database(&name)).to_string();
    let result = AssertUnwindSafe(test(own)).catch_unwind().await;

    tell(&options, format!("drop database {name} with (force)")).await;
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

async fn tell(server: &PgConnectOptions, sql: String) {
    let mut connection = PgConnection::connect_with(server).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// A copy of a database that nobody is connected to; goes away when `end` is called.
pub(crate) struct DatabaseCopy {
    server: PgConnectOptions,
    name: String,
    pub(crate) url: String,
}

impl DatabaseCopy {
    pub(crate) async fn of(url: &str) -> Self {
        let server: PgConnectOptions = url.parse().unwrap();
        let original = server.get_database().unwrap().to_owned();
        let name = format!("{original}_copy");
        let server = server.database("postgres");
        tell(&server, format!("create database {name} template {original}")).await;
        let url = sqlx::ConnectOptions::to_url_lossy(&server.clone().database(&name)).to_string();
        Self { server, name, url }
    }

    pub(crate) async fn end(self) {
        tell(&self.server, format!("drop database {} with (force)", self.name)).await;
    }
}

/// An append with events that differ in everything.
fn any_append(random: &mut Random, number: u64, versions: &mut [u64]) -> Append {
    let mut append = append(number);
    append.now =
        Instant::from_timestamp_micros(1_800_000_000_000_000 + i64::try_from(number).unwrap()).unwrap();
    append.command.actor = match random.below(3) {
        0 => Actor::account(AccountId::new(Uuid::from_u128(1))),
        1 => Actor::system("timer"),
        _ => Actor::Provider {
            name: "sandbox".to_owned(),
        },
    };
    append.command.causation_id =
        (random.below(2) == 0).then(|| EventId::new(Uuid::from_u128(number.into())));
    append.command.trace = (random.below(2) == 0).then(|| format!("00-{number:032x}-01"));
    append.result = format!(r#"{{"number":{number}}}"#).into_bytes();
    // Now and then a command that changes nothing.
    for _ in 0..random.below(4) {
        let stream = random.below(versions.len() as u64);
        let expected = &mut versions[usize::try_from(stream).unwrap()];
        let events: Vec<_> = (0..random.up_to(3)).map(|_| any_event(random)).collect();
        let count = events.len() as u64;
        append.writes.push(write(stream, *expected, events));
        *expected += count;
    }
    append
}

fn any_event(random: &mut Random) -> NewEvent {
    let ids = |random: &mut Random| -> Vec<_> {
        let count = random.below(3);
        (0..count)
            .map(|_| Uuid::from_u128(random.below(9).into()))
            .collect()
    };
    let payload: &[&[u8]] = &[
        br#"{"a":1}"#,
        br#"{"text": "\u00e4 \n"}"#,
        b"{\n}",
        b"null",
        b"\xff\x00",
        b"[]",
    ];
    NewEvent {
        payload: payload[usize::try_from(random.below(payload.len() as u64)).unwrap()].to_vec(),
        links: ids(random),
        subjects: ids(random).into_iter().map(SubjectId::new).collect(),
        ..event("interview.held")
    }
}

/// Appends so many times to a log, beginning with a command of this number; calls `between` after each append.
pub(crate) async fn fill<F: Future<Output = ()>>(
    log: &dyn Log,
    from: u64,
    appends: u64,
    mut between: impl FnMut(u64) -> F,
) {
    let (mut random, mut versions) = (Random(from), vec![0; 5]);
    // Streams of their own for each part.
    for number in from..from + appends {
        let mut append = any_append(&mut random, number, &mut versions);
        for write in &mut append.writes {
            write.stream.id = Uuid::from_u128(write.stream.id.as_u128() + u128::from(from) * 1_000);
        }
        log.append(append).await.unwrap();
        between(number - from).await;
    }
}

pub(crate) fn signing_key() -> SigningKey {
    SigningKey::from_seed(&[5; 32])
}

pub(crate) fn trusted() -> [PublicKey; 1] {
    [signing_key().public()]
}

pub(crate) fn now() -> Instant {
    Instant::from_timestamp_micros(1_900_000_000_000_000).unwrap()
}

pub(crate) fn heads_file(folder: &Path) -> HeadsFile {
    HeadsFile::at(folder.join(store::heads::FILE))
}

/// A closed log of some hundred events, and heads signed every few appends and at its end.
pub(crate) struct Signed {
    pub(crate) heads: Vec<Head>,
    pub(crate) events: Vec<Recorded>,
    _folder: TempDir,
}

pub(crate) async fn signed(log: Arc<dyn Log>, place: &Place) -> Signed {
    let folder = tempfile::tempdir().unwrap();
    let file = heads_file(folder.path());
    let history = history::open(place).await.unwrap();
    let signer = tokio::sync::Mutex::new(Signer::new(history.clone(), signing_key(), file.clone()));
    fill(&*log, 1, 60, |number| {
        let signer = &signer;
        async move {
            if number % 9 == 8 {
                signer.lock().await.sign(now()).await.unwrap();
            }
        }
    })
    .await;
    signer.lock().await.sign(now()).await.unwrap();
    let end = history.end().await.unwrap().position;
    let events = history.events(Position::START, end).try_collect().await;
    history.close().await;
    Signed {
        heads: file.trusted(&trusted()).unwrap(),
        events: events.unwrap(),
        _folder: folder,
    }
}

pub(crate) async fn signed_sqlite() -> (Sqlite, Signed) {
    let sqlite = Sqlite::new();
    let log = Arc::new(SqliteLog::open(&sqlite.file()).await.unwrap());
    let signed = signed(log.clone(), &sqlite.place()).await;
    log.close().await;
    (sqlite, signed)
}

pub(crate) async fn signed_postgres(url: &str) -> Signed {
    let log = Arc::new(PostgresLog::connect(url).await.unwrap());
    let signed = signed(log.clone(), &Place::Postgres(url.to_owned())).await;
    log.close().await;
    signed
}

/// The export of a log.
pub(crate) async fn exported(history: &dyn History) -> Vec<u8> {
    let mut bytes = Vec::new();
    history::export::export(history, &mut bytes, &|_, _| {})
        .await
        .unwrap();
    bytes
}
