use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use domain::{
    account::{
        Account, AccountCommand, events::AccountEvent, grant_role::GrantRole, register::Register,
        update_profile::UpdateProfile,
    },
    actor::Role,
    envelope::Recorded,
    fact::{Category, Fact},
    sealed::Sealed,
};
use futures::{TryStreamExt, future::join_all};
use tokio::sync::watch;

use super::*;
use crate::{
    log::{Capabilities, Events, Filter, Query},
    memory::MemoryLog,
    vault::{master_key::MasterKey, memory::MemoryKeys},
};

const NAME: &str = "Asha of the plain text";

/// One thing a use case of these tests does.
#[derive(Serialize)]
enum Step {
    Register(AccountId),
    Rename(AccountId, Sealed<String>),
    Grant(AccountId, Role),
    Load(AccountId),
    /// Refused or not, go on.
    TryRename(AccountId, Sealed<String>, Sealed<String>),
    LoadIn(OrganisationId, AccountId),
    /// Somebody else runs another use case, once.
    Meanwhile,
}

/// A use case made of steps, which gives a minted id.
#[derive(Serialize)]
struct Steps {
    steps: Vec<Step>,
    #[serde(skip)]
    meanwhile: Option<Box<Meanwhile>>,
    #[serde(skip)]
    runs: AtomicU32,
}

struct Meanwhile {
    executor: Arc<Executor>,
    invocation: Invocation,
    steps: Steps,
}

#[async_trait]
impl UseCase for Steps {
    const OPERATION: &'static str = "steps";
    type Output = AccountId;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<AccountId, CommandError> {
        let first = self.runs.fetch_add(1, Ordering::SeqCst) == 0;
        let minted = unit.mint();
        for step in &self.steps {
            match step {
                Step::Register(account) => drop(act(unit, *account, register(*account)).await?),
                Step::Rename(account, name) => drop(act(unit, *account, rename(*account, name)).await?),
                Step::Grant(account, role) => drop(act(unit, *account, grant(*account, *role)).await?),
                Step::Load(account) => drop(unit.load::<Account>(account.uuid()).await?),
                Step::TryRename(account, name, email) => {
                    let both = AccountCommand::UpdateProfile(UpdateProfile {
                        account: *account,
                        name: Some(name.clone()),
                        email: Some(email.clone()),
                    });
                    assert!(act(unit, *account, both).await.is_err());
                }
                Step::LoadIn(tenant, account) => {
                    drop(unit.load_in::<Account>(*tenant, account.uuid()).await?);
                }
                Step::Meanwhile => {
                    if let (true, Some(other)) = (first, &self.meanwhile) {
                        other.executor.run(&other.invocation, &other.steps).await?;
                    }
                }
            }
        }
        Ok(minted)
    }
}

async fn act(
    unit: &mut Unit<'_>,
    account: AccountId,
    command: AccountCommand,
) -> Result<Account, CommandError> {
    unit.decide::<Account>(account.uuid(), command).await
}

fn register(account: AccountId) -> AccountCommand {
    AccountCommand::Register(Register {
        account,
        issuer: "issuer".to_owned(),
        identity: open(account, NAME),
        email: None,
        name: Some(open(account, NAME)),
    })
}

fn rename(account: AccountId, name: &Sealed<String>) -> AccountCommand {
    AccountCommand::UpdateProfile(UpdateProfile {
        account,
        name: Some(name.clone()),
        email: None,
    })
}

fn grant(account: AccountId, role: Role) -> AccountCommand {
    AccountCommand::GrantRole(GrantRole {
        account,
        role,
        by: None,
    })
}

fn open(account: AccountId, name: &str) -> Sealed<String> {
    Sealed::open(SubjectId::of(account), name.to_owned())
}

fn steps(steps: impl Into<Vec<Step>>) -> Steps {
    Steps {
        steps: steps.into(),
        meanwhile: None,
        runs: AtomicU32::new(0),
    }
}

fn account(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(number))
}

fn tenant() -> OrganisationId {
    OrganisationId::new(Uuid::from_u128(1))
}

/// The command of this number.
fn invocation(number: u128) -> Invocation {
    Invocation {
        tenant: tenant(),
        actor: Actor::system("test"),
        command_id: CommandId::new(Uuid::from_u128(number)),
        correlation_id: CorrelationId::new(Uuid::from_u128(number)),
        causation_id: None,
        trace: None,
        now: "2026-03-01T10:00:00Z".parse().unwrap(),
    }
}

struct Fixture {
    log: Arc<MemoryLog>,
    vault: Arc<Vault>,
    executor: Arc<Executor>,
}

async fn fixture() -> Fixture {
    let log = Arc::new(MemoryLog::new());
    let vault = Vault::unlock(Arc::new(MemoryKeys::default()), MasterKey::new([3; 32])).await;
    let vault = Arc::new(vault.unwrap());
    let executor = Arc::new(Executor::new(log.clone(), vault.clone(), Codec::current()));
    Fixture { log, vault, executor }
}

impl Fixture {
    async fn run(
        &self,
        number: u128,
        what: impl Into<Vec<Step>>,
    ) -> Result<Outcome<AccountId>, CommandError> {
        self.executor.run(&invocation(number), &steps(what)).await
    }

    /// A use case that somebody else interferes with at its step `Meanwhile`, by a command 900.
    fn disturbed(&self, what: impl Into<Vec<Step>>, by: impl Into<Vec<Step>>) -> Steps {
        Steps {
            meanwhile: Some(Box::new(Meanwhile {
                executor: self.executor.clone(),
                invocation: invocation(900),
                steps: steps(by),
            })),
            ..steps(what)
        }
    }

    async fn events(&self) -> Vec<Recorded> {
        self.log
            .read(Query::forward(Filter::All))
            .try_collect()
            .await
            .unwrap()
    }

    /// Each event as its type and the number of its account.
    async fn told(&self) -> Vec<(String, u128)> {
        let told = |event: Recorded| (event.envelope.event_type, event.envelope.stream.id.as_u128());
        self.events().await.into_iter().map(told).collect()
    }

    async fn load(&self, number: u128) -> Loaded<Account> {
        let stream = StreamId {
            tenant: tenant(),
            category: Category::Account,
            id: account(number).uuid(),
        };
        self.executor.load(stream).await.unwrap()
    }
}

#[tokio::test]
async fn a_command_sent_again_gives_the_same_result_and_stores_nothing() {
    let it = fixture().await;
    let first = it.run(1, [Step::Register(account(1))]).await.unwrap();

    let again = it.run(1, [Step::Register(account(1))]).await.unwrap();

    assert_eq!((again.value, again.position), (first.value, first.position));
    assert_eq!((first.repeated, again.repeated), (false, true));
    assert_eq!(it.events().await.len(), 1);
}

#[tokio::test]
async fn a_command_with_personal_data_is_recognised_when_it_is_sent_again() {
    let it = fixture().await;
    it.run(1, [Step::Register(account(1))]).await.unwrap();
    it.run(2, [Step::Rename(account(1), open(account(1), "Bela"))])
        .await
        .unwrap();

    let again = it
        .run(2, [Step::Rename(account(1), open(account(1), "Bela"))])
        .await
        .unwrap();

    assert!(again.repeated);
    assert_eq!(it.events().await.len(), 2);
}

#[tokio::test]
async fn another_input_under_the_same_command_id_is_refused() {
    let it = fixture().await;
    it.run(1, [Step::Register(account(1))]).await.unwrap();

    let other = it.run(1, [Step::Register(account(2))]).await;

    let command = invocation(1).command_id;
    assert!(matches!(
        other,
        Err(CommandError::Refused(Refusal::IdempotencyConflict { command: of })) if of == command
    ));
}

#[tokio::test]
async fn another_name_under_the_same_command_id_is_refused() {
    let it = fixture().await;
    it.run(1, [Step::Register(account(1))]).await.unwrap();
    it.run(2, [Step::Rename(account(1), open(account(1), "Bela"))])
        .await
        .unwrap();

    let other = it
        .run(2, [Step::Rename(account(1), open(account(1), "Cem"))])
        .await;

    assert!(matches!(
        other,
        Err(CommandError::Refused(Refusal::IdempotencyConflict { .. }))
    ));
}

#[tokio::test]
async fn a_command_that_changes_nothing_has_a_receipt_and_the_heads_position() {
    let it = fixture().await;
    it.run(1, [Step::Register(account(1))]).await.unwrap();

    let nothing = it.run(2, [Step::Register(account(1))]).await.unwrap();
    let again = it.run(2, [Step::Register(account(1))]).await.unwrap();

    assert_eq!((nothing.position, nothing.repeated), (Position(1), false));
    assert_eq!((again.value, again.repeated), (nothing.value, true));
}

#[tokio::test]
async fn a_command_that_changes_nothing_is_decided_again_when_what_it_read_has_changed() {
    let it = fixture().await;
    it.run(
        1,
        [Step::Register(account(1)), Step::Grant(account(1), Role::Admin)],
    )
    .await
    .unwrap();
    let disturbed = it.disturbed(
        [
            Step::Load(account(1)),
            Step::Meanwhile,
            Step::Grant(account(1), Role::Admin),
        ],
        [Step::Grant(account(1), Role::Analyst)],
    );

    it.executor.run(&invocation(2), &disturbed).await.unwrap();

    assert_eq!(disturbed.runs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_refusal_decided_from_a_stale_load_is_decided_again() {
    let it = fixture().await;
    let disturbed = it.disturbed(
        [
            Step::Load(account(1)),
            Step::Meanwhile,
            Step::Grant(account(1), Role::Admin),
        ],
        [Step::Register(account(1))],
    );

    it.executor.run(&invocation(1), &disturbed).await.unwrap();

    assert!(it.load(1).await.state.has(Role::Admin));
}

#[tokio::test]
async fn a_refusal_stands_and_stores_nothing_when_nothing_has_changed() {
    let it = fixture().await;

    let refused = it
        .run(
            1,
            [Step::Register(account(2)), Step::Grant(account(1), Role::Admin)],
        )
        .await;

    assert!(matches!(
        refused,
        Err(CommandError::Refused(Refusal::NotFound { what: "account" }))
    ));
    assert_eq!(it.log.receipt(invocation(1).command_id).await.unwrap(), None);
    assert!(it.events().await.is_empty());
}

/// Refused the second time, as a decision that is taken once is; its twin has just carried it out.
#[derive(Serialize)]
struct OnlyOnce {
    #[serde(skip)]
    twin: Option<Arc<Executor>>,
}

#[async_trait]
impl UseCase for OnlyOnce {
    const OPERATION: &'static str = "only once";
    type Output = AccountId;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<AccountId, CommandError> {
        if let Some(executor) = &self.twin {
            executor.run(&invocation(1), &OnlyOnce { twin: None }).await?;
        }
        if unit.load::<Account>(account(1).uuid()).await?.is_registered() {
            return Err(Refusal::AlreadySubmitted.into());
        }
        act(unit, account(1), register(account(1))).await?;
        Ok(account(7))
    }
}

#[tokio::test]
async fn a_command_refused_because_of_its_own_twin_is_a_repeat() {
    let it = fixture().await;
    let twin = OnlyOnce {
        twin: Some(it.executor.clone()),
    };

    let outcome = it.executor.run(&invocation(1), &twin).await.unwrap();

    assert_eq!((outcome.value, outcome.repeated), (account(7), true));
}

#[tokio::test]
async fn a_stream_that_was_only_read_guards_the_append() {
    let it = fixture().await;
    it.run(1, [Step::Register(account(1))]).await.unwrap();
    let disturbed = it.disturbed(
        [
            Step::Load(account(1)),
            Step::Meanwhile,
            Step::Register(account(2)),
        ],
        [Step::Grant(account(1), Role::Admin)],
    );

    it.executor.run(&invocation(2), &disturbed).await.unwrap();

    assert_eq!(disturbed.runs.load(Ordering::SeqCst), 2);
    assert_eq!(it.load(2).await.version, 1);
}

#[tokio::test]
async fn several_streams_are_written_together_in_the_order_of_their_first_decision() {
    let it = fixture().await;

    it.run(
        1,
        [
            Step::Load(account(1)),
            Step::Register(account(2)),
            Step::Register(account(1)),
            Step::Grant(account(2), Role::Admin),
        ],
    )
    .await
    .unwrap();

    let told = it.told().await;
    let told: Vec<_> = told
        .iter()
        .map(|(name, account)| (name.as_str(), *account))
        .collect();
    assert_eq!(
        told,
        [
            ("account.registered", 2),
            ("account.role_granted", 2),
            ("account.registered", 1),
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_commands_racing_on_one_stream_all_happen_once_and_in_order() {
    let it = fixture().await;
    it.run(100, [Step::Register(account(1))]).await.unwrap();

    let racing = (0..16_u128).map(|number| {
        let executor = it.executor.clone();
        let name = open(account(1), &number.to_string());
        tokio::spawn(async move {
            executor
                .run(&invocation(number), &steps([Step::Rename(account(1), name)]))
                .await
        })
    });
    let outcomes = join_all(racing).await;

    let mut positions: Vec<_> = outcomes
        .into_iter()
        .map(|outcome| outcome.unwrap().unwrap().position.0)
        .collect();
    positions.sort_unstable();
    assert_eq!(positions, (2..=17).collect::<Vec<_>>());
    let versions: Vec<_> = it
        .events()
        .await
        .iter()
        .map(|event| event.envelope.version)
        .collect();
    assert_eq!(versions, (1..=17).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_command_that_is_overtaken_each_time_gives_up_as_busy() {
    #[derive(Serialize)]
    struct Overtaken {
        #[serde(skip)]
        executor: Arc<Executor>,
        #[serde(skip)]
        runs: AtomicU32,
    }
    #[async_trait]
    impl UseCase for Overtaken {
        const OPERATION: &'static str = "overtaken";
        type Output = ();

        async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
            act(unit, account(1), rename(account(1), &open(account(1), "mine"))).await?;
            let number = u128::from(self.runs.fetch_add(1, Ordering::SeqCst)) + 1_000;
            let theirs = steps([Step::Rename(account(1), open(account(1), "theirs"))]);
            self.executor.run(&invocation(number), &theirs).await.map(drop)
        }
    }
    let it = fixture().await;
    it.run(1, [Step::Register(account(1))]).await.unwrap();
    let overtaken = Overtaken {
        executor: it.executor.clone(),
        runs: AtomicU32::new(0),
    };

    let busy = it.executor.run(&invocation(2), &overtaken).await;

    assert!(matches!(busy, Err(CommandError::Busy { .. })));
    assert_eq!(overtaken.runs.load(Ordering::SeqCst), MOST_TRIES);
}

/// What goes wrong with an append.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// It is made, but the answer is lost.
    AnswerLost,
    /// It is not made, and nobody knows.
    RequestLost,
    /// It is not made, and that is known.
    Down,
}

/// A log that fails once.
struct Faulty {
    log: Arc<MemoryLog>,
    fault: Mutex<Option<Fault>>,
}

#[async_trait]
impl Log for Faulty {
    fn capabilities(&self) -> Capabilities {
        self.log.capabilities()
    }

    async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        let fault = self.fault.lock().unwrap().take();
        if matches!(fault, None | Some(Fault::AnswerLost)) {
            let receipt = self.log.append(append).await?;
            if fault.is_none() {
                return Ok(receipt);
            }
        }
        Err(AppendError::Unavailable {
            outcome_unknown: fault != Some(Fault::Down),
            source: "connection lost".into(),
        })
    }

    fn read(&self, query: Query) -> Events<'_> {
        self.log.read(query)
    }

    async fn versions(&self, streams: &[StreamId]) -> Result<Vec<u64>, ReadError> {
        self.log.versions(streams).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.log.head().await
    }

    async fn position_at(&self, moment: Instant) -> Result<Position, ReadError> {
        self.log.position_at(moment).await
    }

    async fn last_recorded_at(&self) -> Result<Option<Instant>, ReadError> {
        self.log.last_recorded_at().await
    }

    async fn receipt(&self, command: CommandId) -> Result<Option<Receipt>, ReadError> {
        self.log.receipt(command).await
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.log.tail()
    }
}

fn faulty(it: &Fixture, fault: Fault) -> Executor {
    let log = Faulty {
        log: it.log.clone(),
        fault: Mutex::new(Some(fault)),
    };
    Executor::new(Arc::new(log), it.vault.clone(), Codec::current())
}

#[tokio::test]
async fn a_lost_answer_is_found_in_the_receipt() {
    let it = fixture().await;
    let executor = faulty(&it, Fault::AnswerLost);

    let outcome = executor
        .run(&invocation(1), &steps([Step::Register(account(1))]))
        .await
        .unwrap();

    assert_eq!((outcome.position, outcome.repeated), (Position(1), false));
    assert_eq!(it.events().await.len(), 1);
}

#[tokio::test]
async fn an_outcome_stays_unknown_without_a_receipt_and_the_same_command_settles_it() {
    let it = fixture().await;
    let executor = faulty(&it, Fault::RequestLost);
    let register = steps([Step::Register(account(1))]);

    let unknown = executor.run(&invocation(1), &register).await;
    let settled = executor.run(&invocation(1), &register).await.unwrap();

    assert!(matches!(
        unknown,
        Err(CommandError::Unavailable {
            outcome_unknown: true,
            ..
        })
    ));
    assert_eq!((settled.position, settled.repeated), (Position(1), false));
}

#[tokio::test]
async fn a_log_that_is_down_has_stored_nothing_and_says_so() {
    let it = fixture().await;
    let executor = faulty(&it, Fault::Down);

    let down = executor
        .run(&invocation(1), &steps([Step::Register(account(1))]))
        .await;

    assert!(matches!(
        down,
        Err(CommandError::Unavailable {
            outcome_unknown: false,
            ..
        })
    ));
}

#[tokio::test]
async fn personal_data_is_sealed_in_what_is_stored_and_its_subject_is_named() {
    let it = fixture().await;

    it.run(1, [Step::Register(account(1))]).await.unwrap();

    let event = it.events().await.remove(0);
    let receipt = it.log.receipt(invocation(1).command_id).await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&event.payload).contains("plain text"));
    assert!(!String::from_utf8_lossy(&receipt.result).contains("plain text"));
    assert_eq!(event.envelope.subjects, [SubjectId::of(account(1))]);
    let state = it.load(1).await.state;
    assert_eq!(
        it.vault.open(state.name().unwrap()).await.unwrap().as_deref(),
        Some(NAME)
    );
}

#[tokio::test]
async fn after_an_erasure_streams_still_fold_and_nothing_opens() {
    let it = fixture().await;
    it.run(1, [Step::Register(account(1))]).await.unwrap();

    it.vault.destroy(SubjectId::of(account(1))).await.unwrap();

    let facts = Codec::current().decode(&it.events().await[0]).unwrap();
    assert!(matches!(
        facts[0],
        Fact::Account(AccountEvent::AccountRegistered(_))
    ));
    let state = it.load(1).await.state;
    assert!(state.is_registered());
    assert_eq!(it.vault.open(state.name().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_new_is_written_about_an_erased_person() {
    let it = fixture().await;
    it.run(1, [Step::Register(account(1))]).await.unwrap();
    it.vault.destroy(SubjectId::of(account(1))).await.unwrap();

    let refused = it
        .run(2, [Step::Rename(account(1), open(account(1), "Bela"))])
        .await;

    assert!(matches!(refused, Err(CommandError::Refused(Refusal::Erased))));
    assert_eq!(it.events().await.len(), 1);
}

#[tokio::test]
async fn a_use_case_that_goes_on_after_a_refusal_appends_nothing_of_what_was_refused() {
    let it = fixture().await;
    it.run(1, [Step::Register(account(1))]).await.unwrap();
    it.vault.destroy(SubjectId::of(account(2))).await.unwrap();

    let name = open(account(1), "Bela");
    let of_an_erased = open(account(2), "Cem");
    it.run(
        2,
        [
            Step::TryRename(account(1), name, of_an_erased),
            Step::Grant(account(1), Role::Admin),
        ],
    )
    .await
    .unwrap();

    let told = it.told().await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].0, "account.role_granted");
}

/// Another node: the same log and keys, but folds of its own.
fn another_node(it: &Fixture) -> Executor {
    Executor::new(it.log.clone(), it.vault.clone(), Codec::current())
}

#[tokio::test]
async fn what_another_node_has_appended_is_decided_on_although_an_older_fold_is_remembered() {
    let it = fixture().await;
    let other = another_node(&it);
    it.run(1, [Step::Register(account(1))]).await.unwrap();
    let recruiter = steps([Step::Grant(account(1), Role::Recruiter)]);
    other.run(&invocation(2), &recruiter).await.unwrap();

    let again = it
        .run(3, [Step::Grant(account(1), Role::Recruiter)])
        .await
        .unwrap();
    it.run(4, [Step::Grant(account(1), Role::Admin)]).await.unwrap();

    assert_eq!(again.position, Position(2));
    let types: Vec<_> = it.told().await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        types,
        [
            "account.registered",
            "account.role_granted",
            "account.role_granted"
        ]
    );
    assert_eq!(it.load(1).await.version, 3);
}

#[tokio::test]
async fn a_remembered_fold_holds_personal_data_in_sealed_form_only() {
    let it = fixture().await;

    it.run(1, [Step::Register(account(1))]).await.unwrap();

    let stream = it.load(1).await.stream;
    let remembered = it.executor.states.get(&stream).unwrap();
    let state: &Account = as_aggregate(&remembered.state);
    assert_eq!(remembered.version, 1);
    assert!(matches!(state.name(), Some(Sealed::Closed(_))));
}

#[tokio::test]
async fn a_stream_of_another_organisation_is_out_of_reach() {
    let it = fixture().await;
    let other = OrganisationId::new(Uuid::from_u128(2));

    let refused = it.run(1, [Step::LoadIn(other, account(1))]).await;

    assert!(matches!(refused, Err(CommandError::OtherTenant { stream }) if stream.tenant == other));
}

#[tokio::test]
async fn a_stream_of_the_system_is_within_everybodys_reach() {
    let it = fixture().await;

    assert!(it.run(1, [Step::LoadIn(SYSTEM, account(1))]).await.is_ok());
}

#[test]
fn a_command_id_depends_on_each_of_its_parts() {
    let id = command_id(tenant(), account(1), "book", "key");

    assert_eq!(id, command_id(tenant(), account(1), "book", "key"));
    assert_ne!(id, command_id(SYSTEM, account(1), "book", "key"));
    assert_ne!(id, command_id(tenant(), account(2), "book", "key"));
    assert_ne!(id, command_id(tenant(), account(1), "move", "key"));
    assert_ne!(id, command_id(tenant(), account(1), "book", "yek"));
}
