//! Runs use cases: receipt first, then the use case, then one atomic append with an expectation for every stream it
//! loaded; again from the start when somebody else was faster.
//!
//! A refusal, and a command that changes nothing, stand only after the streams they were decided on were found
//! unchanged, so that nobody hears "taken" of a slot that was free again by then.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use cqrs_es::event_sink::EventSink;
use domain::{
    actor::Actor,
    aggregate::{Aggregate, Context},
    envelope::{Position, StreamId},
    event::Event as _,
    ids::{self, AccountId, CommandId, CorrelationId, EventId, Id, Kind, OrganisationId, SubjectId},
    refusal::Refusal,
    sealed::{Ciphertext, SealError, Sealer, with_sealer},
    time::Instant,
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::{Timestamp, Uuid};
use zeroize::Zeroizing;

use crate::{
    codec::{Codec, CodecError, EncodeError},
    cqrs_bridge::{Folded, LoadError, Loaded},
    log::{Append, AppendError, BoxError, CommandMeta, Log, NewEvent, ReadError, Receipt, StreamWrite},
    snapshots::{
        Pace, Snapshots,
        keeper::{Keeper, Methods},
        loading::{Base, Sources},
    },
    states::{Remembered, State, States, as_aggregate},
    vault::{Vault, VaultError},
};

/// How often a command is decided again before its caller is asked to come back later.
const MOST_TRIES: u32 = 50;

/// About how much memory folded aggregates may take.
const STATES_BYTES: usize = 64 * 1024 * 1024;

/// The tenant of what belongs to no organisation.
pub const SYSTEM: OrganisationId = OrganisationId::new(Uuid::nil());

/// One use case: gathers facts, loads, decides. Run again from the start after a version conflict, so it does nothing
/// outside of its [`Unit`].
#[async_trait]
pub trait UseCase: Serialize + Send + Sync {
    /// Name of the operation; part of the command's id and of its input hash.
    const OPERATION: &'static str;
    /// What the caller learns, kept in the receipt: ids, not contents.
    type Output: Serialize + DeserializeOwned + Send;

    /// Decides everything; what it decided is appended after it returns.
    async fn run(&self, unit: &mut Unit<'_>) -> Result<Self::Output, CommandError>;
}

/// Who asks, when, and under which id.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Whose data.
    pub tenant: OrganisationId,
    /// Who asks.
    pub actor: Actor,
    /// The same id again is the same command again.
    pub command_id: CommandId,
    /// The request that started it all.
    pub correlation_id: CorrelationId,
    /// The event that led to it, if it was not a person.
    pub causation_id: Option<EventId>,
    /// W3C trace context.
    pub trace: Option<String>,
    /// Business time.
    pub now: Instant,
}

/// A command that was carried out, now or before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome<T> {
    /// Its result.
    pub value: T,
    /// The last position it wrote, or the head of the log when it changed nothing.
    pub position: Position,
    /// True when it had been carried out before.
    pub repeated: bool,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A rule forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too much is going on; try again later.
    #[error("too much is going on at once")]
    Busy {
        /// How long to wait at least.
        retry_after: Duration,
    },
    /// The log or the keys cannot be reached.
    #[error("the store is unavailable")]
    Unavailable {
        /// True when it may have been carried out; send it again under the same id to find out.
        outcome_unknown: bool,
        /// What failed.
        #[source]
        source: BoxError,
    },
    /// It would write more than is allowed.
    #[error("{what}: {actual} is more than {most}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The most that is allowed.
        most: usize,
        /// How large it is.
        actual: usize,
    },
    /// What is stored cannot be understood.
    #[error("what is stored cannot be understood")]
    Corrupt(#[source] BoxError),
    /// The use case reached for a stream of another organisation, which is a mistake in its code.
    #[error("the stream {stream} belongs to another organisation")]
    OtherTenant {
        /// Which stream.
        stream: StreamId,
    },
}

impl CommandError {
    fn unavailable(source: impl Into<BoxError>) -> Self {
        Self::Unavailable {
            outcome_unknown: false,
            source: source.into(),
        }
    }
}

impl From<ReadError> for CommandError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(source) => Self::unavailable(source),
            error @ ReadError::Corrupt { .. } => Self::Corrupt(error.into()),
        }
    }
}

impl From<CodecError> for CommandError {
    fn from(error: CodecError) -> Self {
        Self::Corrupt(error.into())
    }
}

impl From<LoadError> for CommandError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Read(error) => error.into(),
            LoadError::Codec(error) => error.into(),
        }
    }
}

impl From<VaultError> for CommandError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Erased => Refusal::Erased.into(),
            // Another node may serve the command: one that has the rotated master key, or that reaches its ledger.
            error @ (VaultError::Unavailable(_)
            | VaultError::NoRandomness
            | VaultError::Rotated
            | VaultError::Ledger(_)) => Self::unavailable(error),
            // Waiting does not help: these keys and this log do not belong together.
            error @ (VaultError::Damaged | VaultError::WrongMasterKey | VaultError::KeyMissing { .. }) => {
                Self::Corrupt(error.into())
            }
        }
    }
}

impl From<EncodeError> for CommandError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Vault(error) => error.into(),
            EncodeError::Json(error) => Self::Corrupt(error.into()),
        }
    }
}

/// The id of a person's command: the same account, operation and key always give the same.
pub fn command_id(tenant: OrganisationId, account: AccountId, operation: &str, key: &str) -> CommandId {
    ids::derive(&[
        tenant.uuid().as_bytes(),
        account.uuid().as_bytes(),
        operation.as_bytes(),
        key.as_bytes(),
    ])
}

/// A new id, in the order of business time.
pub fn mint<K: Kind>(now: Instant) -> Id<K> {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    Id::new(Uuid::new_v7(Timestamp::from_unix(
        uuid::NoContext,
        seconds,
        now.timestamp_subsec_nanos(),
    )))
}

/// Runs use cases against one log.
pub struct Executor {
    log: Arc<dyn Log>,
    vault: Arc<Vault>,
    codec: Codec,
    states: States,
    keeper: Option<Keeper>,
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Executor")
    }
}

/// What came of one try.
enum Try<T> {
    Done(Outcome<T>),
    Again,
}

impl Executor {
    /// An executor of commands.
    pub fn new(log: Arc<dyn Log>, vault: Arc<Vault>, codec: Codec) -> Self {
        Self {
            log,
            vault,
            codec,
            states: States::new(STATES_BYTES),
            keeper: None,
        }
    }

    /// The same, which begins to load long streams from snapshots, and makes them by a task of its own on the present
    /// runtime. [`Executor::close`] ends it.
    #[must_use]
    pub fn with_snapshots(mut self, snapshots: Arc<dyn Snapshots>, pace: Pace) -> Self {
        let (log, vault, codec) = (self.log.clone(), self.vault.clone(), self.codec.clone());
        self.keeper = Some(Keeper::start(snapshots, pace, log, vault, codec));
        self
    }

    /// Makes the snapshots that are waiting, and no more. Commands are still carried out.
    pub async fn close(&self) {
        if let Some(keeper) = &self.keeper {
            keeper.close().await;
        }
    }

    /// Carries a use case out, or finds that it was carried out before: the append says so, and whoever was refused
    /// asks. Few commands are repeats, so none pays for a look-up first.
    ///
    /// # Errors
    /// [`CommandError`]; unless its outcome is unknown, nothing was stored.
    pub async fn run<U: UseCase>(
        &self,
        invocation: &Invocation,
        use_case: &U,
    ) -> Result<Outcome<U::Output>, CommandError> {
        let input_hash = self.input_hash(use_case)?;
        for _ in 0..MOST_TRIES {
            match self.try_once(invocation, use_case, input_hash).await? {
                Try::Done(outcome) => return Ok(outcome),
                Try::Again => tokio::task::yield_now().await,
            }
        }
        Err(CommandError::Busy {
            retry_after: Duration::from_secs(1),
        })
    }

    fn input_hash<U: UseCase>(&self, use_case: &U) -> Result<[u8; 32], CommandError> {
        let input = with_sealer(Arc::new(Unsealed), || serde_json::to_vec(use_case))
            .map(Zeroizing::new)
            .map_err(|error| CommandError::Corrupt(error.into()))?;
        Ok(self.vault.token(U::OPERATION, &input))
    }

    async fn try_once<U: UseCase>(
        &self,
        invocation: &Invocation,
        use_case: &U,
        input_hash: [u8; 32],
    ) -> Result<Try<U::Output>, CommandError> {
        let mut unit = Unit {
            executor: self,
            invocation,
            streams: BTreeMap::new(),
            order: Vec::new(),
            written: Vec::new(),
        };
        let value = match use_case.run(&mut unit).await {
            Ok(value) => value,
            Err(CommandError::Refused(refusal)) => {
                if !unit.is_current().await? {
                    unit.forget();
                    return Ok(Try::Again);
                }
                // The same command, sent twice at once, may have been refused by what its twin has just done.
                return match self.log.receipt(invocation.command_id).await? {
                    Some(receipt) => repeated(&receipt, &input_hash).map(Try::Done),
                    None => Err(refusal.into()),
                };
            }
            Err(other) => return Err(other),
        };
        let result = serde_json::to_vec(&value).map_err(|error| CommandError::Corrupt(error.into()))?;
        let command = CommandMeta {
            tenant: invocation.tenant,
            command_id: invocation.command_id,
            input_hash,
            correlation_id: invocation.correlation_id,
            causation_id: invocation.causation_id,
            actor: invocation.actor.clone(),
            trace: invocation.trace.clone(),
        };
        let writes = unit.take_writes();
        let appended = self
            .log
            .append(Append {
                command,
                now: invocation.now,
                writes,
                result,
            })
            .await;
        match appended {
            Ok(receipt) => {
                unit.remember();
                Ok(Try::Done(Outcome {
                    value,
                    position: receipt.position,
                    repeated: false,
                }))
            }
            Err(AppendError::Conflict { .. }) => {
                unit.forget();
                Ok(Try::Again)
            }
            Err(AppendError::Duplicate(receipt)) => repeated(&receipt, &input_hash).map(Try::Done),
            Err(AppendError::Busy { retry_after }) => Err(CommandError::Busy { retry_after }),
            Err(AppendError::TooLarge { what, most, actual }) => {
                Err(CommandError::TooLarge { what, most, actual })
            }
            Err(AppendError::Unavailable {
                outcome_unknown,
                source,
            }) => self
                .resolve(invocation.command_id, &input_hash, outcome_unknown, source)
                .await
                .map(Try::Done),
        }
    }

    /// After an append of which nobody knows whether it was made, the receipt tells that it was. That there is none
    /// tells nothing: the append may still be on its way.
    async fn resolve<T: DeserializeOwned>(
        &self,
        command: CommandId,
        input_hash: &[u8; 32],
        outcome_unknown: bool,
        source: BoxError,
    ) -> Result<Outcome<T>, CommandError> {
        let found = if outcome_unknown {
            // A look-up that fails tells no more than one that finds nothing.
            self.log.receipt(command).await.ok().flatten()
        } else {
            None
        };
        match found {
            Some(receipt) => repeated(&receipt, input_hash).map(|outcome| Outcome {
                repeated: false,
                ..outcome
            }),
            None => Err(CommandError::Unavailable {
                outcome_unknown,
                source,
            }),
        }
    }

    /// Loads an aggregate outside of any command, for whoever only wants to look.
    ///
    /// # Errors
    /// When the log cannot be read or an event cannot be understood.
    pub async fn load<A: Folded>(&self, stream: StreamId) -> Result<Loaded<A>, CommandError> {
        Ok(self.load_from_base(stream).await?.0)
    }

    async fn load_from_base<A: Folded>(&self, stream: StreamId) -> Result<(Loaded<A>, Base), LoadError> {
        let sources = Sources {
            log: &*self.log,
            codec: &self.codec,
            vault: &self.vault,
            keeper: self.keeper.as_ref(),
        };
        sources.load(stream).await
    }

    /// Remembers a fold of stored events, and leaves it to be kept as a snapshot when its stream has grown enough.
    /// Says how many events that snapshot, or the last one, holds.
    fn remember(&self, stream: StreamId, methods: Methods, mut fold: Remembered) -> u64 {
        let base = Base(fold.kept);
        let seat = self
            .keeper
            .as_ref()
            .and_then(|keeper| keeper.seat(fold.version, fold.kept));
        if seat.is_some() {
            fold.kept = fold.version;
        }
        let kept = fold.kept;
        let fold = Arc::new(fold);
        if let Some(seat) = seat {
            seat.take(stream, fold.clone(), methods, base);
        }
        self.states.insert(stream, fold);
        kept
    }
}

fn repeated<T: DeserializeOwned>(
    receipt: &Receipt,
    input_hash: &[u8; 32],
) -> Result<Outcome<T>, CommandError> {
    if receipt.input_hash != *input_hash {
        return Err(Refusal::IdempotencyConflict {
            command: receipt.command_id,
        }
        .into());
    }
    let value =
        serde_json::from_slice(&receipt.result).map_err(|error| CommandError::Corrupt(error.into()))?;
    Ok(Outcome {
        value,
        position: receipt.position,
        repeated: true,
    })
}

/// Writes personal data as it is, for the hash of a command's input: sealed, the same input would never hash the same.
/// The written bytes are overwritten once they are hashed.
struct Unsealed;

impl Sealer for Unsealed {
    fn seal(&self, subject: SubjectId, plain: &[u8]) -> Result<Ciphertext, SealError> {
        Ok(Ciphertext {
            subject,
            key: 0,
            nonce: [0; 24],
            bytes: plain.to_vec(),
        })
    }

    fn keep(&self, _: &Ciphertext) {}
}

/// What a use case has loaded and decided so far.
pub struct Unit<'e> {
    executor: &'e Executor,
    invocation: &'e Invocation,
    streams: BTreeMap<StreamId, Touched>,
    /// Every stream, in the order in which it was first loaded.
    order: Vec<StreamId>,
    /// The streams with events, in the order in which they first decided something.
    written: Vec<StreamId>,
}

/// One stream: where it was, its present state, and what will be added.
struct Touched {
    version: u64,
    bytes: usize,
    kept: u64,
    state: State,
    methods: Methods,
    events: Vec<NewEvent>,
}

impl std::fmt::Debug for Unit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unit")
            .field("streams", &self.order)
            .finish_non_exhaustive()
    }
}

impl Unit<'_> {
    /// Business time of the command.
    pub const fn now(&self) -> Instant {
        self.invocation.now
    }

    /// Who asks.
    pub const fn actor(&self) -> &Actor {
        &self.invocation.actor
    }

    /// Whose data.
    pub const fn tenant(&self) -> OrganisationId {
        self.invocation.tenant
    }

    /// What decisions may know.
    pub fn context(&self) -> Context {
        Context {
            now: self.invocation.now,
            actor: self.invocation.actor.clone(),
        }
    }

    /// What makes keyed hashes and opens sealed values, for the few use cases that need to.
    pub fn vault(&self) -> &Vault {
        &self.executor.vault
    }

    /// A new id.
    pub fn mint<K: Kind>(&self) -> Id<K> {
        mint(self.invocation.now)
    }

    /// The last position of the log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn head(&self) -> Result<Position, CommandError> {
        Ok(self.executor.log.head().await?)
    }

    async fn touch<A: Folded>(&mut self, stream: StreamId) -> Result<(), CommandError> {
        if self.streams.contains_key(&stream) {
            return Ok(());
        }
        let own = self.invocation.tenant;
        if own != SYSTEM && stream.tenant != own && stream.tenant != SYSTEM {
            return Err(CommandError::OtherTenant { stream });
        }
        // A state that is too old is noticed by the append, and by the confirmation of a refusal.
        let remembered = self.executor.states.get(&stream);
        let touched = match &remembered {
            Some(remembered) => Touched {
                version: remembered.version,
                bytes: remembered.bytes,
                kept: remembered.kept,
                state: Box::new(as_aggregate::<A>(&remembered.state).clone()),
                methods: Methods::of::<A>(),
                events: Vec::new(),
            },
            None => self.load_and_remember::<A>(stream).await?,
        };
        self.streams.insert(stream, touched);
        self.order.push(stream);
        Ok(())
    }

    async fn load_and_remember<A: Folded>(&self, stream: StreamId) -> Result<Touched, CommandError> {
        let (loaded, base) = self.executor.load_from_base::<A>(stream).await?;
        let (methods, version, bytes) = (Methods::of::<A>(), loaded.version, loaded.bytes);
        let remembered = Remembered {
            version,
            bytes,
            kept: base.0,
            state: Box::new(loaded.state.clone()),
        };
        let kept = self.executor.remember(stream, methods, remembered);
        Ok(Touched {
            version,
            bytes,
            kept,
            state: Box::new(loaded.state),
            methods,
            events: Vec::new(),
        })
    }

    fn state<A: Folded>(&mut self, stream: StreamId) -> (&mut A, &mut Vec<NewEvent>) {
        let touched = self
            .streams
            .get_mut(&stream)
            .expect("the stream was touched just before");
        let state = touched
            .state
            .downcast_mut()
            .expect("a category has one aggregate type");
        (state, &mut touched.events)
    }

    /// The state of an aggregate as this command sees it. Its stream becomes a guard: if it changes before the append,
    /// everything is decided again.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn load<A: Folded>(&mut self, id: Uuid) -> Result<A, CommandError> {
        self.load_in(self.tenant(), id).await
    }

    /// The same for an aggregate of [`SYSTEM`], or, in a command of the system, of any tenant.
    ///
    /// # Errors
    /// [`CommandError::OtherTenant`], or when the log cannot be read.
    pub async fn load_in<A: Folded>(&mut self, tenant: OrganisationId, id: Uuid) -> Result<A, CommandError> {
        let stream = stream::<A>(tenant, id);
        self.touch::<A>(stream).await?;
        Ok(self.state::<A>(stream).0.clone())
    }

    /// Lets an aggregate decide; the events are kept for the append. Gives the state after them. A refusal leaves the
    /// unit as it was.
    ///
    /// # Errors
    /// The refusal, or when the log or the keys cannot be reached.
    pub async fn decide<A: Folded>(
        &mut self,
        id: Uuid,
        command: <A as Aggregate>::Command,
    ) -> Result<A, CommandError> {
        self.decide_in(self.tenant(), id, command).await
    }

    /// The same for an aggregate of [`SYSTEM`], or, in a command of the system, of any tenant.
    ///
    /// # Errors
    /// [`CommandError::OtherTenant`], or as [`Unit::decide`].
    pub async fn decide_in<A: Folded>(
        &mut self,
        tenant: OrganisationId,
        id: Uuid,
        command: <A as Aggregate>::Command,
    ) -> Result<A, CommandError> {
        let stream = stream::<A>(tenant, id);
        self.touch::<A>(stream).await?;
        let context = self.context();
        let sink = EventSink::<A>::default();
        let mut decided = self.state::<A>(stream).0.clone();
        cqrs_es::Aggregate::handle(&mut decided, (command, context), &(), &sink).await?;
        let events = sink.collect().await;
        // All or none: what is about an erased person is refused in the middle of a decision.
        let mut encoded = Vec::with_capacity(events.len());
        for event in &events {
            let (executor, now) = (self.executor, self.invocation.now);
            encoded.push(executor.codec.encode(&executor.vault, event, now).await?);
        }
        let after = self.as_stored::<A>(stream, decided, &encoded)?;
        if !encoded.is_empty() && !self.written.contains(&stream) {
            self.written.push(stream);
        }
        let (state, kept) = self.state::<A>(stream);
        kept.extend(encoded);
        state.clone_from(&after);
        Ok(after)
    }

    /// The state as it will be loaded again. Only events with personal data differ from what was decided: they are
    /// stored sealed, so they are folded in that form.
    fn as_stored<A: Folded>(
        &mut self,
        stream: StreamId,
        decided: A,
        encoded: &[NewEvent],
    ) -> Result<A, CommandError> {
        if encoded.iter().all(|event| event.subjects.is_empty()) {
            return Ok(decided);
        }
        let before = self.state::<A>(stream).0.clone();
        encoded.iter().try_fold(before, |state, event| {
            let event =
                <A as Aggregate>::Event::decode(&event.event_type, event.schema_version, &event.payload)
                    .map_err(|error| CommandError::Corrupt(error.into()))?;
            Ok(state.evolve(&event))
        })
    }

    /// True when every stream that was loaded is still where it was.
    async fn is_current(&self) -> Result<bool, CommandError> {
        let versions = self.executor.log.versions(&self.order).await?;
        let expected = self
            .order
            .iter()
            .map(|stream| self.streams.get(stream).map_or(0, |touched| touched.version));
        Ok(versions.into_iter().eq(expected))
    }

    /// What the append does to each stream. The states stay, to be remembered once it is made.
    fn take_writes(&mut self) -> Vec<StreamWrite> {
        let written = self.written.clone();
        // Streams that were only read come last.
        let guards = self.order.iter().filter(|stream| !written.contains(stream));
        let streams: Vec<_> = written.iter().chain(guards).copied().collect();
        streams
            .into_iter()
            .filter_map(|stream| {
                let touched = self.streams.get_mut(&stream)?;
                let write = StreamWrite {
                    stream,
                    expected: touched.version,
                    events: std::mem::take(&mut touched.events),
                };
                touched.version += write.events.len() as u64;
                touched.bytes += write
                    .events
                    .iter()
                    .map(|event| event.payload.len())
                    .sum::<usize>();
                Some(write)
            })
            .collect()
    }

    /// Keeps the states of the streams that were written, after the append was made.
    fn remember(mut self) {
        for stream in std::mem::take(&mut self.written) {
            if let Some(touched) = self.streams.remove(&stream) {
                let remembered = Remembered {
                    version: touched.version,
                    bytes: touched.bytes,
                    kept: touched.kept,
                    state: touched.state,
                };
                self.executor.remember(stream, touched.methods, remembered);
            }
        }
    }

    /// Forgets what all streams were loaded as, so that the next try reads them.
    fn forget(&self) {
        for (stream, touched) in &self.streams {
            self.executor.states.forget(stream, touched.version);
        }
    }
}

fn stream<A: Folded>(tenant: OrganisationId, id: Uuid) -> StreamId {
    StreamId {
        tenant,
        category: <A as Aggregate>::CATEGORY,
        id,
    }
}

#[cfg(test)]
mod tests;
