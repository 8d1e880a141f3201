//! A log in memory, an effects database, a clock that is set, and hands that are told what to do.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    actor::Actor,
    data_subject::events::{DataSubjectEvent, ErasureCompleted, ErasureRequested},
    effect::events::{About, EffectAttempted, EffectEvent, EffectGaveUp, EffectRetried},
    envelope::StreamId,
    event::Event,
    ids::{self, CommandId, CorrelationId, EffectId, Id, Kind, OrganisationId, SubjectId},
    ports::clock::Clock,
    processes::{deed::Deed, outcome_command, step_command},
    text::Paragraph,
    time::Instant,
};
use sqlx::{Connection, PgConnection};
use store::{
    codec::Codec,
    log::{Append, CommandMeta, Log, NewEvent, StreamWrite},
    memory::MemoryLog,
};
use tempfile::TempDir;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use crate::{
    backoff::Backoff,
    db::{Db, Task},
    dispatcher::Dispatcher,
    effects::Effects,
    runner::{Hands, NoAnswer, Outcome, Pace, Runner, Standing},
};

pub(super) fn id<K: Kind>(number: u128) -> Id<K> {
    Id::new(Uuid::from_u128(number))
}

pub(super) fn start() -> Instant {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub(super) struct SetClock(pub(super) watch::Sender<Instant>);

impl Clock for SetClock {
    fn now(&self) -> Instant {
        *self.0.borrow()
    }
}

/// Does as it is told, and remembers what it was asked to do.
pub(super) struct ToldHands {
    log: Arc<MemoryLog>,
    told: Mutex<VecDeque<Outcome>>,
    asked: Mutex<Vec<Task>>,
}

impl ToldHands {
    /// What it was asked to do: effect and attempt.
    pub(super) fn asked(&self) -> Vec<(EffectId, u32)> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|task| (task.effect, task.attempt)).collect()
    }

    /// These are the outcomes of the next tries; after them everything works.
    pub(super) fn tell(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.told.lock().unwrap().extend(outcomes);
    }
}

#[async_trait]
impl Hands for ToldHands {
    async fn look_up(&self, task: &Task) -> Result<Standing, NoAnswer> {
        let receipt = self.log.receipt(outcome_command(task.effect)).await;
        let is_done = receipt.map_err(|error| NoAnswer(error.into()))?.is_some();
        Ok(Standing {
            is_done,
            announced: 0,
        })
    }

    async fn perform(&self, task: &Task) -> Outcome {
        self.asked.lock().unwrap().push(task.clone());
        let told = self.told.lock().unwrap().pop_front().unwrap_or(Outcome::Done);
        if told == Bench::silence() {
            std::future::pending::<()>().await;
        }
        if told == Outcome::Done {
            append(&self.log, outcome_command(task.effect), [done(task)]).await;
        }
        told
    }

    async fn give_up(&self, task: &Task, code: &str) -> Result<(), NoAnswer> {
        let gave_up = EffectEvent::from(EffectGaveUp {
            effect: task.effect,
            about: About(task.deed.about()),
            deed: task.deed.name().to_owned(),
            attempts: task.attempt,
            code: code.to_owned(),
        });
        append(
            &self.log,
            step_command(task.effect, "give_up", task.attempt),
            [gave_up],
        )
        .await;
        Ok(())
    }
}

fn done(task: &Task) -> DataSubjectEvent {
    let Deed::EraseSubject { account, subject } = task.deed else {
        panic!("these tests know one deed");
    };
    ErasureCompleted {
        account,
        subject,
        keys: 1,
        blobs: 0,
    }
    .into()
}

/// Wants one effect, due at once.
pub(super) fn wanted(account: u128) -> DataSubjectEvent {
    ErasureRequested {
        account: id(account),
        subject: SubjectId::of(id(account)),
        by: id(account),
    }
    .into()
}

pub(super) fn attempted(effect: EffectId, attempt: u32) -> EffectEvent {
    EffectAttempted {
        effect,
        about: About(Uuid::nil()),
        deed: "erase_subject".to_owned(),
        attempt,
    }
    .into()
}

pub(super) fn retried(effect: EffectId) -> EffectEvent {
    EffectRetried {
        effect,
        about: About(Uuid::nil()),
        by: None,
        reason: Paragraph::new("the provider is back").unwrap(),
    }
    .into()
}

/// Appends events under a command, to a stream that nobody else writes; none at all for a no-op.
pub(super) async fn append<E: Event>(
    log: &MemoryLog,
    command_id: CommandId,
    events: impl IntoIterator<Item = E>,
) {
    let tenant: OrganisationId = id(9);
    let stream = StreamId {
        tenant,
        category: E::CATEGORY,
        id: command_id.uuid(),
    };
    let events: Vec<NewEvent> = events.into_iter().map(|event| new_event(&event)).collect();
    let command = CommandMeta {
        tenant,
        command_id,
        input_hash: [0; 32],
        correlation_id: CorrelationId::new(Uuid::from_u128(8)),
        causation_id: None,
        actor: Actor::system("test"),
        trace: None,
    };
    let append = Append {
        command,
        now: start(),
        writes: vec![StreamWrite {
            stream,
            expected: 0,
            events,
        }],
        result: b"null".to_vec(),
    };
    log.append(append).await.unwrap();
}

fn new_event<E: Event>(event: &E) -> NewEvent {
    NewEvent {
        event_type: event.wire().name.to_owned(),
        schema_version: event.wire().version,
        payload: event.payload().unwrap(),
        occurred_at: start(),
        links: event.links(),
        subjects: Vec::new(),
    }
}

/// Everything a test needs.
pub(super) struct Bench {
    pub(super) log: Arc<MemoryLog>,
    pub(super) db: Db,
    pub(super) clock: Arc<SetClock>,
    pub(super) hands: Arc<ToldHands>,
    place: Place,
}

/// Where the database is, and what is to be cleared away.
enum Place {
    Folder(TempDir),
    Database { server: String, name: String },
}

impl Bench {
    fn new(db: Db, place: Place) -> Self {
        let log = Arc::new(MemoryLog::new());
        let hands = Arc::new(ToldHands {
            log: Arc::clone(&log),
            told: Mutex::default(),
            asked: Mutex::default(),
        });
        Self {
            log,
            db,
            clock: Arc::new(SetClock(watch::Sender::new(start()))),
            hands,
            place,
        }
    }

    pub(super) async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let db = Db::open_sqlite(&folder.path().join("effects.db")).await.unwrap();
        Self::new(db, Place::Folder(folder))
    }

    /// The same database as another server opens it: the next one of the data folder, or a second node.
    pub(super) async fn opened_again(&self) -> Db {
        match &self.place {
            Place::Folder(folder) => Db::open_sqlite(&folder.path().join("effects.db")).await.unwrap(),
            Place::Database { server, name } => {
                let (base, _) = server.rsplit_once('/').unwrap();
                Db::open_postgres(&format!("{base}/{name}"), 5).await.unwrap()
            }
        }
    }

    /// A database of its own on the server for tests, if there is one.
    pub(super) async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var("GREENROOM_TEST_POSTGRES_URL") else {
            let required = std::env::var("GREENROOM_TEST_REQUIRE").is_ok_and(|required| required == "all");
            assert!(!required, "GREENROOM_TEST_POSTGRES_URL is not set");
            eprintln!("skipped: GREENROOM_TEST_POSTGRES_URL is not set");
            return None;
        };
        let mut random = [0; 8];
        std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom").unwrap(), &mut random).unwrap();
        let name = format!("effects_{:016x}", u64::from_be_bytes(random));
        let mut admin = PgConnection::connect(&server).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("create database {name}")))
            .execute(&mut admin)
            .await
            .unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        let db = Db::open_postgres(&format!("{base}/{name}"), 5).await.unwrap();
        Some(Self::new(db, Place::Database { server, name }))
    }

    /// Ends every session that holds a lock in the test's database, as a restart of a proxy in between would.
    pub(super) async fn cut_sessions(&self) {
        const SQL: &str = "
            select count(pg_terminate_backend(pid))
            from pg_locks
            where locktype = 'advisory' and database = (select oid from pg_database where datname = $1)";
        let Place::Database { server, name } = &self.place else {
            panic!("a file has no sessions");
        };
        let mut admin = PgConnection::connect(server).await.unwrap();
        let (cut,): (i64,) = sqlx::query_as(SQL)
            .bind(name)
            .fetch_one(&mut admin)
            .await
            .unwrap();
        assert!(cut > 0, "no session was cut");
    }

    /// Told this, the hands never answer.
    pub(super) fn silence() -> Outcome {
        Outcome::retry("silence")
    }

    pub(super) fn dispatcher(&self) -> Dispatcher {
        Dispatcher::new(
            Arc::clone(&self.log) as Arc<dyn Log>,
            Codec::current(),
            self.db.clone(),
        )
    }

    /// Pauses of no length, so that nothing has to wait for a second try.
    pub(super) fn pace() -> Pace {
        Pace {
            look: Duration::from_millis(5),
            backoff: Backoff {
                first: Duration::ZERO,
                most: Duration::ZERO,
                tries: 3,
            },
            ..Pace::default()
        }
    }

    pub(super) fn runner(&self, pace: Pace) -> Runner {
        Runner {
            db: self.db.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            hands: Arc::clone(&self.hands) as Arc<dyn Hands>,
            pace,
            bell: Arc::new(Notify::new()),
            done: Arc::new(Notify::new()),
        }
    }

    pub(super) fn effects(&self) -> Effects {
        Effects::start(
            Arc::clone(&self.log) as Arc<dyn Log>,
            Codec::current(),
            self.db.clone(),
            Arc::clone(&self.clock) as Arc<dyn Clock>,
            Arc::clone(&self.hands) as Arc<dyn Hands>,
            Self::pace(),
            Some(self.clock.0.subscribe()),
        )
    }

    /// Wants one effect for each account, and hears of it.
    pub(super) async fn want(&self, accounts: &[u128]) -> Vec<EffectId> {
        for account in accounts {
            append(
                &self.log,
                ids::derive(&[b"want", &account.to_be_bytes()]),
                [wanted(*account)],
            )
            .await;
        }
        self.dispatcher().catch_up().await.unwrap();
        self.db.open_effects().await.unwrap()
    }

    pub(super) async fn states(&self) -> Vec<String> {
        let rows = self.db.dump().await.unwrap();
        rows.into_iter().map(|(_, _, _, state)| state).collect()
    }
}

impl Drop for Place {
    /// A database left behind by a failed test does no harm: its name is never used again. It is dropped on a thread
    /// of its own, because the test's runtime may be going.
    fn drop(&mut self) {
        let Self::Database { server, name } = self else {
            return;
        };
        let (server, name) = (server.clone(), name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut admin = PgConnection::connect(&server).await.unwrap();
                let sql = format!("drop database if exists {name} with (force)");
                sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                    .execute(&mut admin)
                    .await
                    .unwrap();
            });
        });
        let _ = dropped.join();
    }
}

/// The same test on both databases.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($bench:ident: &Bench) $body:block)*) => {
        $(
            mod $name {
                use super::*;

                async fn check($bench: &Bench) $body

                #[tokio::test]
                async fn sqlite() {
                    check(&Bench::sqlite().await).await;
                }

                #[tokio::test]
                async fn postgres() {
                    if let Some(bench) = Bench::postgres().await {
                        check(&bench).await;
                    }
                }
            }
        )*
    };
}
pub(super) use on_both;
