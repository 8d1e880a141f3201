use std::sync::Mutex;

use cqrs_es::{
    CqrsFramework, DomainEvent,
    event_sink::EventSink,
    persist::{
        PersistedEventRepository, PersistedEventStore, PersistenceError, ReplayStream, SerializedEvent,
        SerializedSnapshot,
    },
};
use domain::{
    account::{Account, AccountCommand, events::AccountEvent, grant_role::GrantRole, register::Register},
    actor::{Actor, Role},
    ids::{AccountId, CommandId, CorrelationId, SubjectId},
    sealed::Sealed,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::*;
use crate::{
    memory::MemoryLog,
    vault::{master_key::MasterKey, memory::MemoryKeys},
};

fn account() -> AccountId {
    AccountId::new(Uuid::from_u128(2))
}

fn register() -> AccountCommand {
    AccountCommand::Register(Register {
        account: account(),
        issuer: "issuer".to_owned(),
        identity: Sealed::open(SubjectId::of(account()), "Asha".to_owned()),
        email: None,
        name: None,
    })
}

fn grant(role: Role) -> AccountCommand {
    AccountCommand::GrantRole(GrantRole {
        account: account(),
        role,
        by: None,
    })
}

fn context() -> Context {
    Context {
        now: "2026-03-01T10:00:00Z".parse().unwrap(),
        actor: Actor::system("test"),
    }
}

struct Fixture {
    log: Arc<MemoryLog>,
    vault: Arc<Vault>,
}

impl Fixture {
    async fn new() -> Self {
        let vault = Vault::unlock(Arc::new(MemoryKeys::default()), MasterKey::new([3; 32])).await;
        Self {
            log: Arc::new(MemoryLog::new()),
            vault: Arc::new(vault.unwrap()),
        }
    }

    /// The store as the command of this number has it.
    fn store(&self, command: u128) -> TenantStore {
        let meta = CommandMeta {
            tenant: OrganisationId::new(Uuid::from_u128(1)),
            command_id: CommandId::new(Uuid::from_u128(command)),
            input_hash: [0; 32],
            correlation_id: CorrelationId::new(Uuid::from_u128(command)),
            causation_id: None,
            actor: context().actor,
            trace: None,
        };
        TenantStore::new(
            self.log.clone(),
            self.vault.clone(),
            Codec::current(),
            meta,
            context().now,
        )
    }
}

#[tokio::test]
async fn the_framework_of_cqrs_es_runs_on_the_log() {
    let it = Fixture::new().await;
    let id = account().uuid().to_string();

    for (number, command) in [
        (1, register()),
        (2, grant(Role::Admin)),
        (3, grant(Role::Analyst)),
    ] {
        let framework = CqrsFramework::<Account, _>::new(it.store(number), Vec::new(), ());
        framework.execute(&id, (command, context())).await.unwrap();
    }

    let loaded: Loaded<Account> = it.store(4).load_aggregate(&id).await.unwrap();
    assert_eq!(loaded.version, 3);
    assert!(loaded.state.has(Role::Admin) && loaded.state.has(Role::Analyst));
    let events: Vec<EventEnvelope<Account>> = it.store(4).load_events(&id).await.unwrap();
    assert_eq!(
        events.iter().map(|event| event.sequence).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert!(matches!(events[2].payload, AccountEvent::RoleGranted(_)));
}

#[tokio::test]
async fn a_commit_on_a_stream_that_has_moved_is_a_conflict() {
    let it = Fixture::new().await;
    let id = account().uuid().to_string();
    let stale: Loaded<Account> = it.store(1).load_aggregate(&id).await.unwrap();
    let framework = CqrsFramework::<Account, _>::new(it.store(1), Vec::new(), ());
    framework.execute(&id, (register(), context())).await.unwrap();

    let events = Aggregate::decide(&Account::default(), &register(), &context()).unwrap();
    let conflict = it.store(2).commit(events, stale, HashMap::new()).await;

    assert!(matches!(conflict, Err(AggregateError::AggregateConflict)));
}

/// Counts what it has heard, so that an event applied twice shows.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Counter(usize);

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Counted;

impl DomainEvent for Counted {
    fn event_type(&self) -> String {
        "counted".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl cqrs_es::Aggregate for Counter {
    const TYPE: &'static str = "counter";
    type Command = usize;
    type Event = Counted;
    type Error = std::fmt::Error;
    type Services = ();

    async fn handle(&mut self, times: usize, (): &(), sink: &EventSink<Self>) -> Result<(), std::fmt::Error> {
        for _ in 0..times {
            sink.write(Counted, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, _: Counted) {
        self.0 += 1;
    }
}

/// Keeps what cqrs-es persists, the way its own repositories for databases do.
#[derive(Clone, Default)]
struct Repository {
    events: Arc<Mutex<Vec<SerializedEvent>>>,
    snapshot: Arc<Mutex<Option<(Value, usize, usize)>>>,
}

impl PersistedEventRepository for Repository {
    async fn get_events<A: cqrs_es::Aggregate>(
        &self,
        _: &str,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        Ok(self.events.lock().unwrap().clone())
    }

    async fn get_last_events<A: cqrs_es::Aggregate>(
        &self,
        _: &str,
        last: usize,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        Ok(self.events.lock().unwrap()[last..].to_vec())
    }

    async fn get_snapshot<A: cqrs_es::Aggregate>(
        &self,
        id: &str,
    ) -> Result<Option<SerializedSnapshot>, PersistenceError> {
        let snapshot = self.snapshot.lock().unwrap().clone();
        Ok(snapshot.map(
            |(aggregate, current_sequence, current_snapshot)| SerializedSnapshot {
                aggregate_id: id.to_owned(),
                aggregate,
                current_sequence,
                current_snapshot,
            },
        ))
    }

    async fn persist<A: cqrs_es::Aggregate>(
        &self,
        events: &[SerializedEvent],
        snapshot: Option<(String, Value, usize)>,
    ) -> Result<(), PersistenceError> {
        let mut stored = self.events.lock().unwrap();
        stored.extend_from_slice(events);
        if let Some((_, aggregate, number)) = snapshot {
            *self.snapshot.lock().unwrap() = Some((aggregate, stored.len(), number));
        }
        Ok(())
    }

    async fn stream_events<A: cqrs_es::Aggregate>(&self, _: &str) -> Result<ReplayStream, PersistenceError> {
        Ok(ReplayStream::new(1).1)
    }

    async fn stream_all_events<A: cqrs_es::Aggregate>(&self) -> Result<ReplayStream, PersistenceError> {
        Ok(ReplayStream::new(1).1)
    }
}

/// What five events, decided by one command, load as.
async fn five_events_load_as(store: fn(Repository) -> PersistedEventStore<Repository, Counter>) -> usize {
    let repository = Repository::default();
    let framework = CqrsFramework::new(store(repository.clone()), Vec::new(), ());
    framework.execute("one", 5).await.unwrap();
    assert_eq!(repository.events.lock().unwrap().len(), 5);
    let mut loaded = store(repository).load_aggregate("one").await.unwrap();
    loaded.aggregate().0
}

/// These fail when cqrs-es no longer applies events twice: then the stores may be looked at again.
#[tokio::test]
async fn the_snapshot_store_of_cqrs_es_applies_events_twice() {
    let loaded =
        five_events_load_as(|repository| PersistedEventStore::new_snapshot_store(repository, 3)).await;

    assert_eq!(loaded, 8);
}

#[tokio::test]
async fn the_aggregate_store_of_cqrs_es_applies_events_twice() {
    assert_eq!(
        five_events_load_as(PersistedEventStore::new_aggregate_store).await,
        10
    );
}

#[tokio::test]
async fn the_event_store_of_cqrs_es_applies_events_once() {
    assert_eq!(five_events_load_as(PersistedEventStore::new_event_store).await, 5);
}
