//! Nodes that share a log, keys and a place for snapshots, and commands to them.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use domain::{
    account::{
        Account, AccountCommand, grant_role::GrantRole, register::Register, revoke_role::RevokeRole,
        update_profile::UpdateProfile,
    },
    actor::{Actor, Role},
    envelope::{Position, StreamId},
    fact::Category,
    ids::{AccountId, CommandId, CorrelationId, OrganisationId, SubjectId},
    sealed::Sealed,
    time::Instant,
};
use futures::TryStreamExt;
use serde::Serialize;
use store::{
    codec::Codec,
    cqrs_bridge::Loaded,
    executor::{CommandError, Executor, Invocation, Unit, UseCase},
    log::{Append, AppendError, Capabilities, Events, Filter, Log, Query, ReadError, Receipt},
    memory::MemoryLog,
    snapshots::{Pace, Snapshot, Snapshots, fingerprint::Fingerprint, memory::MemorySnapshots},
    vault::{Vault, master_key::MasterKey, memory::MemoryKeys},
};
use tokio::sync::watch;
use uuid::Uuid;

pub(crate) const NAME: &str = "Asha of the plain text";

/// Snapshots come soon in these tests.
pub(crate) const PACE: Pace = Pace { every: 10, queue: 8 };

/// A log that counts the events it gives out.
pub(crate) struct Counting<L = MemoryLog> {
    below: L,
    pub(crate) events: Arc<AtomicU64>,
}

#[async_trait]
impl<L: Log> Log for Counting<L> {
    fn capabilities(&self) -> Capabilities {
        self.below.capabilities()
    }

    async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        self.below.append(append).await
    }

    fn read(&self, query: Query) -> Events<'_> {
        let events = self.events.clone();
        let counted = self.below.read(query).inspect_ok(move |_| {
            events.fetch_add(1, Ordering::SeqCst);
        });
        Box::pin(counted)
    }

    async fn versions(&self, streams: &[StreamId]) -> Result<Vec<u64>, ReadError> {
        self.below.versions(streams).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.below.head().await
    }

    async fn position_at(&self, moment: Instant) -> Result<Position, ReadError> {
        self.below.position_at(moment).await
    }

    async fn last_recorded_at(&self) -> Result<Option<Instant>, ReadError> {
        self.below.last_recorded_at().await
    }

    async fn receipt(&self, command: CommandId) -> Result<Option<Receipt>, ReadError> {
        self.below.receipt(command).await
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.below.tail()
    }
}

/// What a command does to one account.
#[derive(Clone, Copy, Serialize, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    Register,
    Rename,
    Grant(Role),
    Revoke(Role),
}

/// A use case that does one thing.
#[derive(Serialize)]
struct Do(AccountId, Deed);

#[async_trait]
impl UseCase for Do {
    const OPERATION: &'static str = "do";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let account = self.0;
        let name = || Some(Sealed::open(SubjectId::of(account), NAME.to_owned()));
        let command = match self.1 {
            Deed::Register => AccountCommand::Register(Register {
                account,
                issuer: "issuer".to_owned(),
                identity: Sealed::open(SubjectId::of(account), NAME.to_owned()),
                email: None,
                name: name(),
            }),
            Deed::Rename => AccountCommand::UpdateProfile(UpdateProfile {
                account,
                name: name(),
                email: None,
            }),
            Deed::Grant(role) => AccountCommand::GrantRole(GrantRole {
                account,
                role,
                by: None,
            }),
            Deed::Revoke(role) => AccountCommand::RevokeRole(RevokeRole {
                account,
                role,
                by: account,
                other_admins: 0,
            }),
        };
        unit.decide::<Account>(account.uuid(), command).await.map(drop)
    }
}

/// A log, keys and a place for snapshots, which outlive every node.
pub(crate) struct World {
    pub(crate) log: Arc<Counting>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) snapshots: Arc<MemorySnapshots>,
    commands: AtomicU64,
}

pub(crate) async fn vault(key: u8) -> Arc<Vault> {
    let vault = Vault::unlock(Arc::new(MemoryKeys::default()), MasterKey::new([key; 32])).await;
    Arc::new(vault.unwrap())
}

pub(crate) fn account(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(number))
}

pub(crate) fn stream(number: u128) -> StreamId {
    StreamId {
        tenant: OrganisationId::new(Uuid::from_u128(1)),
        category: Category::Account,
        id: account(number).uuid(),
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self {
            log: Arc::new(Counting {
                below: MemoryLog::new(),
                events: Arc::default(),
            }),
            vault: vault(3).await,
            snapshots: Arc::default(),
            commands: AtomicU64::new(0),
        }
    }

    /// A node that has just started.
    pub(crate) fn node(&self) -> Executor {
        self.node_with(self.snapshots.clone(), PACE)
    }

    pub(crate) fn node_with(&self, snapshots: Arc<dyn Snapshots>, pace: Pace) -> Executor {
        self.node_without().with_snapshots(snapshots, pace)
    }

    /// A node that knows of no snapshots.
    pub(crate) fn node_without(&self) -> Executor {
        Executor::new(self.log.clone(), self.vault.clone(), Codec::current())
    }

    pub(crate) async fn run(&self, node: &Executor, number: u128, deed: Deed) -> Result<(), CommandError> {
        let command = u128::from(self.commands.fetch_add(1, Ordering::SeqCst) + 1);
        let invocation = Invocation {
            tenant: stream(number).tenant,
            actor: Actor::system("test"),
            command_id: CommandId::new(Uuid::from_u128(command)),
            correlation_id: CorrelationId::new(Uuid::from_u128(command)),
            causation_id: None,
            trace: None,
            now: "2026-03-01T10:00:00Z".parse().unwrap(),
        };
        node.run(&invocation, &Do(account(number), deed)).await.map(drop)
    }

    /// Makes the stream of an account as long as it should be.
    pub(crate) async fn grow(&self, node: &Executor, number: u128, version: u64) {
        let from = self.log.versions(&[stream(number)]).await.unwrap()[0];
        for version in from + 1..=version {
            let deed = match version {
                1 => Deed::Register,
                even if even % 2 == 0 => Deed::Grant(Role::Analyst),
                _ => Deed::Revoke(Role::Analyst),
            };
            self.run(node, number, deed).await.unwrap();
        }
        assert_eq!(self.log.versions(&[stream(number)]).await.unwrap(), [version]);
    }

    /// The stream of account 1 with 105 events, and the snapshot of 100 that a node has left behind.
    pub(crate) async fn left_behind(&self) -> Snapshot {
        let (node, other) = (self.node(), self.node_without());
        self.grow(&other, 1, 100).await;
        self.nothing_to_do(&node).await;
        node.close().await;
        self.grow(&other, 1, 105).await;
        let mut kept = self.snapshots.all(stream(1));
        assert_eq!(kept.len(), 1);
        kept.remove(0)
    }

    /// A command on account 1 that appends nothing, since it is so already.
    pub(crate) async fn nothing_to_do(&self, node: &Executor) {
        self.run(node, 1, Deed::Register).await.unwrap();
    }

    /// Loads account 1 on a node that has just started, and counts the events that were read.
    pub(crate) async fn load(&self, node: &Executor) -> (Loaded<Account>, u64) {
        let before = self.log.events.load(Ordering::SeqCst);
        let loaded = node.load::<Account>(stream(1)).await.unwrap();
        (loaded, self.log.events.load(Ordering::SeqCst) - before)
    }

    /// The same by folding every event.
    pub(crate) async fn full_fold(&self) -> Loaded<Account> {
        let loaded = store::cqrs_bridge::load(&*self.log, &Codec::current(), stream(1)).await;
        loaded.unwrap()
    }

    /// Wire names of all events.
    pub(crate) async fn told(&self) -> Vec<String> {
        let events = self.log.read(Query::forward(Filter::All));
        events
            .map_ok(|event| event.envelope.event_type)
            .try_collect()
            .await
            .unwrap()
    }
}

/// The fingerprint of accounts today.
pub(crate) fn fingerprint() -> Fingerprint {
    Fingerprint::of::<Account>(&Codec::current())
}
