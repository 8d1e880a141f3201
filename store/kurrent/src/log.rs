//! The log: appends that are arbitrated by the cluster, and reads that find their way by the index.
//!
//! # An append
//!
//! 1. *Hold.* One statement in PostgreSQL writes the receipt as pending, with everything that will be written, and holds
//!    the streams that are written: nobody else of ours writes them meanwhile. Holds expire.
//! 2. *Check*, when several streams are written or some are only read (guards): no other command holds a guard, and
//!    every stream is at its expected version, all at one position of the log. Then *confirm*: from here on the append
//!    will stand, whoever has to write it. An append to one stream without guards is confirmed at once, because the
//!    cluster itself checks its version.
//! 3. *Write*, stream by stream in the append's order, each with its exact revision and with ids that follow from the
//!    command, so that writing twice is writing once.
//! 4. *Release.* When the index has passed the events, the receipt gets their positions and the streams are let go.
//!
//! What is left behind in the middle is taken up by whoever meets it, or by a regular look: held is let go, confirmed is
//! written to its end. Before an append is written again, its stream is read where it should stand: if our event is
//! there, it was written; if another's, it is decided again.
//!
//! # What is promised beside the port's own words
//!
//! - Positions grow and have gaps ([`Capabilities::gapless`] is false).
//! - An append over several streams is done whole or not at all in the end, and acknowledged when it is whole; until
//!   then readers may see a part of it, and events of others between ([`Capabilities::isolated`] is false).
//! - A guard held when the append was confirmed, and no command that is checked against this append can contradict it;
//!   but an event on the guarded stream may stand in the log before the append's own events (the same flag).
//! - An append to one stream takes as many bytes as the nodes are configured for ([`Capabilities::large_appends`] is
//!   false).
//! - Somebody who writes into our streams without this back end breaks these promises; it is noticed: nothing is written
//!   over, the command is marked as broken, and an error is logged.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    envelope::{Position, Recorded, StreamId},
    ids::CommandId,
    time::{Instant, whole_micros},
};
use eventstore::{ClientSettings, Position as ClusterPosition, RecordedEvent};
use futures::{StreamExt, TryStreamExt, stream};
use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use store::{
    appender::QueueLimits,
    batch::measure,
    log::{
        Append, AppendError, BoxError, Capabilities, Direction, Events, Filter, Log, Query, ReadError,
        Receipt, StreamWrite,
    },
    migrations::{Migration, MigrationError, migrate_postgres},
};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, warn};

use crate::{
    cluster::{Appended, Cluster, Trouble},
    index::{Chain, Index, PAGE, Place, Run, Span, runs},
    receipts::{Begun, HOLD, Known, Owner, Receipts, Stage},
    wire::{Names, Plan, PlannedWrite, found},
};

/// Migrations of schema `kurrent` of the PostgreSQL database.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0010_create_kurrent_log",
        sql: include_str!("../../../migrations/postgres/0010_create_kurrent_log.sql"),
    },
    Migration {
        name: "0011_create_kurrent_receipts",
        sql: include_str!("../../../migrations/postgres/0011_create_kurrent_receipts.sql"),
    },
];

const SCHEMA: &str = "kurrent";

/// What a node takes in one append unless it is configured otherwise: KurrentDB's own default.
pub const DEFAULT_MAX_APPEND_BYTES: usize = 1024 * 1024;

/// Connections to PostgreSQL for index and receipts.
const CONNECTIONS: u32 = 12;
/// How long a call waits for a connection before the database counts as unavailable.
const ACQUIRE_WAIT: Duration = Duration::from_secs(5);
/// How late this node may learn of another node's append.
const POLL: Duration = Duration::from_millis(100);
/// How often what was left behind is looked for.
const LOOK_FOR_LEFT: Duration = Duration::from_secs(5);
/// How long a command waits before it looks again at what another command holds, when nobody tells it.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// When a caller should come back who waited for other commands in vain.
const RETRY_AFTER: Duration = Duration::from_millis(100);
/// Reads from the cluster at once for one page of a filtered read.
const FETCHES: usize = 8;
/// A page of a read ends early once its payloads have so many bytes.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// How the back end behaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Most bytes of one append to one stream, as the cluster's nodes are configured (`MaxAppendSize`).
    pub max_append_bytes: usize,
    /// How long a call keeps trying when the cluster does not answer, or waits for what another command holds.
    pub patience: Duration,
    /// What stands before the names of all streams, with a dot behind it; nothing when it is empty. Logs in several
    /// namespaces share a cluster and know nothing of each other. Without a dash, which ends the category of a name.
    pub namespace: String,
    /// How much may be under way on this node; more is answered as busy.
    pub limits: QueueLimits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_append_bytes: DEFAULT_MAX_APPEND_BYTES,
            patience: Duration::from_secs(10),
            namespace: String::new(),
            limits: QueueLimits::default(),
        }
    }
}

/// Why the log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The connection string of the cluster cannot be read.
    #[error("the address of the cluster is not a connection string such as esdb://node:2113?tls=true")]
    ClusterAddress,
    /// The cluster cannot be reached.
    #[error("the cluster cannot be reached")]
    Cluster(#[source] BoxError),
    /// The address of the database cannot be read.
    #[error("the address of the database is not one")]
    DatabaseAddress(#[source] sqlx::Error),
    /// The database cannot be reached.
    #[error("the database cannot be opened")]
    Database(#[from] sqlx::Error),
    /// The database belongs to another version, or could not be migrated.
    #[error("the tables of index and receipts are not usable")]
    Migration(#[from] MigrationError),
    /// The index belongs to another cluster, or to a later state of this one.
    #[error(
        "the cluster does not hold the last event that the index knows: it is another cluster or an older state"
    )]
    OtherCluster,
    /// What is stored cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
}

/// Somebody wrote into our streams in the middle of an append.
#[derive(Debug, thiserror::Error)]
#[error("events of somebody else stand in the middle of command {command}")]
struct Interference {
    command: CommandId,
}

/// A command is not settled in the time that a caller waits.
#[derive(Debug, thiserror::Error)]
#[error("command {command} is still being carried out")]
struct Unsettled {
    command: CommandId,
}

/// The log was closed.
#[derive(Debug, thiserror::Error)]
#[error("the log is closed")]
struct Closed;

/// A type that the index cannot keep.
#[derive(Debug, thiserror::Error)]
#[error("an event's type holds NUL")]
struct UnusableType;

/// A log in a KurrentDB cluster.
#[derive(Debug)]
pub struct KurrentLog {
    inner: Arc<Inner>,
    /// Appends run on their own, so that a caller who goes away does not leave them in the middle.
    appends: TaskTracker,
    follower: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Inner {
    cluster: Cluster,
    index: Index,
    receipts: Receipts,
    pool: sqlx::PgPool,
    names: Names,
    settings: Settings,
    /// Told whenever this node lets streams go, and when an append of it ends.
    released: Notify,
    under_way: Mutex<UnderWay>,
    closed: CancellationToken,
}

/// The appends that this node has taken and not answered.
#[derive(Default, Debug)]
struct UnderWay {
    commands: HashMap<CommandId, usize>,
    appends: usize,
    bytes: usize,
}

/// An append's place among those under way; given back when it ends.
struct Ticket {
    inner: Arc<Inner>,
    command: CommandId,
    bytes: usize,
}

impl Ticket {
    /// A place, if there is room. One append always fits.
    fn take(inner: &Arc<Inner>, command: CommandId, bytes: usize) -> Option<Self> {
        let limits = inner.settings.limits;
        let mut under_way = inner.under_way();
        let fits = under_way.appends < limits.appends && under_way.bytes + bytes <= limits.bytes;
        if !fits && under_way.appends > 0 {
            return None;
        }
        under_way.appends += 1;
        under_way.bytes += bytes;
        *under_way.commands.entry(command).or_default() += 1;
        Some(Self {
            inner: inner.clone(),
            command,
            bytes,
        })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut under_way = self.inner.under_way();
        under_way.appends -= 1;
        under_way.bytes -= self.bytes;
        if let Some(count) = under_way.commands.get_mut(&self.command) {
            *count -= 1;
            if *count == 0 {
                under_way.commands.remove(&self.command);
            }
        }
        drop(under_way);
        self.inner.released.notify_waiters();
    }
}

/// What came of one attempt.
enum Attempt {
    Done(Receipt),
    /// Another command is in the way.
    Wait,
}

impl KurrentLog {
    /// Connects to the cluster and to the database, brings the index up to date, and finishes what was left behind.
    ///
    /// # Errors
    /// [`OpenError`]: nothing was changed but the tables of schema `kurrent`.
    pub async fn connect(
        cluster_url: &str,
        database_url: &str,
        settings: Settings,
    ) -> Result<Self, OpenError> {
        // The error repeats the address, which may hold a password.
        let cluster: ClientSettings = cluster_url.parse().map_err(|_| OpenError::ClusterAddress)?;
        let options: PgConnectOptions = database_url.parse().map_err(OpenError::DatabaseAddress)?;
        let cluster = Cluster::connect(cluster, settings.patience)
            .await
            .map_err(|trouble| OpenError::Cluster(trouble.into()))?;

        let options = options.disable_statement_logging().options([
            ("synchronous_commit", "on"),
            ("idle_in_transaction_session_timeout", "10s"),
            ("statement_timeout", "30s"),
        ]);
        migrate_postgres(&mut options.connect().await?, SCHEMA, MIGRATIONS).await?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_WAIT)
            .connect_with(options)
            .await?;

        let names = Names::within(&settings.namespace);
        let inner = Arc::new(Inner {
            cluster,
            index: Index::open(pool.clone(), names.clone()).await?,
            receipts: Receipts::new(pool.clone()),
            pool,
            names,
            settings,
            released: Notify::new(),
            under_way: Mutex::default(),
            closed: CancellationToken::new(),
        });
        if !inner.index.fits(&inner.cluster).await? {
            return Err(OpenError::OtherCluster);
        }
        inner.catch_up().await?;
        inner.settle_left().await?;
        let follower = tokio::spawn(follow(inner.clone()));
        Ok(Self {
            inner,
            appends: TaskTracker::new(),
            follower: Mutex::new(Some(follower)),
        })
    }

    /// Answers the appends that are under way, then lets go of cluster and database. Appends from now on are answered as
    /// unavailable.
    pub async fn close(&self) {
        self.appends.close();
        self.appends.wait().await;
        self.inner.closed.cancel();
        let follower = self.follower.lock().ok().and_then(|mut follower| follower.take());
        if let Some(follower) = follower
            && let Err(error) = follower.await
        {
            warn!(error = %error, "the follower of the cluster did not end in good order");
        }
        self.inner.pool.close().await;
    }
}

impl Drop for KurrentLog {
    fn drop(&mut self) {
        if let Ok(mut follower) = self.follower.lock()
            && let Some(follower) = follower.take()
        {
            follower.abort();
        }
    }
}

/// Keeps the index up to date with what other nodes append, and finishes what they left behind.
async fn follow(inner: Arc<Inner>) {
    let mut looked = tokio::time::Instant::now();
    loop {
        tokio::select! {
            () = inner.closed.cancelled() => return,
            () = sleep(POLL) => {}
        }
        if let Err(error) = inner.catch_up().await {
            warn!(
                error = &error as &dyn std::error::Error,
                "the index cannot follow the cluster, will try again"
            );
        }
        if looked.elapsed() >= LOOK_FOR_LEFT {
            looked = tokio::time::Instant::now();
            if let Err(error) = inner.settle_left().await {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "what was left behind is not settled, will try again"
                );
            }
        }
    }
}

impl Inner {
    async fn catch_up(&self) -> Result<Chain, ReadError> {
        if self.closed.is_cancelled() {
            return Err(ReadError::Unavailable(Closed.into()));
        }
        self.index.catch_up(&self.cluster).await
    }

    fn check(&self, append: &Append, plan: &Plan) -> Result<(), AppendError> {
        let mut events = append.writes.iter().flat_map(|write| &write.events);
        if events.any(|event| event.event_type.contains('\0')) {
            return Err(not_made(UnusableType));
        }
        for write in &plan.writes {
            let actual = write.size().map_err(not_made)?;
            if actual > self.settings.max_append_bytes {
                return Err(AppendError::TooLarge {
                    what: "bytes of an append to one stream, with metadata",
                    most: self.settings.max_append_bytes,
                    actual,
                });
            }
        }
        Ok(())
    }

    /// Only ever changed by whole steps, so a panic elsewhere leaves it whole.
    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        let until = tokio::time::Instant::now() + self.settings.patience;
        loop {
            match self.attempt(&append).await? {
                Attempt::Done(receipt) => return Ok(receipt),
                Attempt::Wait if tokio::time::Instant::now() > until => {
                    return Err(AppendError::Busy {
                        retry_after: RETRY_AFTER,
                    });
                }
                Attempt::Wait => self.wait().await,
            }
        }
    }

    /// Waits until something was let go, or a moment.
    async fn wait(&self) {
        // Woken or not, the caller looks for itself.
        let _ = timeout(LOOK_AGAIN, self.released.notified()).await;
        // Two that stand in each other's way do not step aside together for ever.
        let mut byte = [0];
        if getrandom::fill(&mut byte).is_ok() {
            sleep(Duration::from_micros(u64::from(byte[0]) * 20)).await;
        }
    }

    async fn attempt(&self, append: &Append) -> Result<Attempt, AppendError> {
        let command = append.command.command_id;
        let last = self.index.recorded_at().await;
        let now = whole_micros(append.now);
        let plan = Plan::new(append, last.map_or(now, |last| last.max(now)));
        self.check(append, &plan)?;
        if plan.writes.is_empty() {
            return self.accept_no_op(append).await;
        }

        let guarded = append.writes.len() > plan.writes.len();
        let stage = if plan.writes.len() == 1 && !guarded {
            Stage::Confirmed
        } else {
            Stage::Held
        };
        let owner = Owner::random().map_err(not_made)?;
        let body = serde_json::to_vec(&plan).map_err(not_made)?;
        let written: BTreeSet<_> = plan.writes.iter().filter_map(PlannedWrite::stream).collect();
        let written: Vec<_> = written.into_iter().collect();
        let begun = self
            .receipts
            .begin(&append.command, owner, stage, &body, &append.result, &written)
            .await
            .map_err(|error| begin_failed(error, stage))?;
        match begun {
            Begun::Ours => {}
            Begun::Known => return self.repeat(command).await,
            Begun::Held => {
                // The same command may be what holds them.
                if self.receipts.known(command).await.map_err(unread)? != Known::Nothing {
                    return self.repeat(command).await;
                }
                self.settle_holders(&written, command).await?;
                return Ok(Attempt::Wait);
            }
        }

        if stage == Stage::Held {
            let checked = self.validate(append).await;
            if !matches!(checked, Ok(Some(_))) {
                self.release(command, owner).await;
                return checked.map(|_| Attempt::Wait);
            }
            if !self.receipts.confirm(command, owner).await.map_err(not_made)? {
                return Ok(Attempt::Wait);
            }
        }
        let span = self.write(command, owner, &plan, false).await?;
        Ok(Attempt::Done(Receipt {
            command_id: command,
            tenant: append.command.tenant,
            input_hash: append.command.input_hash,
            first: Some(span.first),
            position: span.last,
            result: append.result.clone(),
            recorded_at: span.recorded_at,
        }))
    }

    /// Where the log ended when every stream was where it is expected; none when another command holds a guard. Our own
    /// holds are in place before we look at those of others, so of two commands that guard what the other writes at
    /// least one sees the other.
    async fn validate(&self, append: &Append) -> Result<Option<Chain>, AppendError> {
        let guards: Vec<_> = append
            .writes
            .iter()
            .filter(|write| write.events.is_empty())
            .map(|write| write.stream)
            .collect();
        if self.settle_holders(&guards, append.command.command_id).await? {
            return Ok(None);
        }
        let streams: Vec<_> = append.writes.iter().map(|write| write.stream).collect();
        let chain = self.catch_up().await.map_err(unread)?;
        let versions = self
            .index
            .versions(&streams, chain.position)
            .await
            .map_err(unread)?;
        expect(&append.writes, streams.iter().copied().zip(versions).collect())?;
        Ok(Some(chain))
    }

    /// A command that writes nothing stands as soon as its guards are checked.
    async fn accept_no_op(&self, append: &Append) -> Result<Attempt, AppendError> {
        let command = append.command.command_id;
        if self.receipts.known(command).await.map_err(unread)? != Known::Nothing {
            return self.repeat(command).await;
        }
        let Some(chain) = self.validate(append).await? else {
            return Ok(Attempt::Wait);
        };
        let now = whole_micros(append.now);
        let receipt = Receipt {
            command_id: command,
            tenant: append.command.tenant,
            input_hash: append.command.input_hash,
            first: None,
            position: chain.position,
            result: append.result.clone(),
            recorded_at: chain.recorded_at.map_or(now, |last| last.max(now)),
        };
        match self.receipts.insert(&receipt).await {
            Ok(true) => Ok(Attempt::Done(receipt)),
            Ok(false) => self.repeat(command).await,
            Err(error) => Err(unknown(error)),
        }
    }

    /// What is said to a command that is known already.
    async fn repeat(&self, command: CommandId) -> Result<Attempt, AppendError> {
        match self.receipts.known(command).await.map_err(unread)? {
            Known::Done(receipt) => Err(AppendError::Duplicate(receipt)),
            Known::Broken => Err(unknown(Interference { command })),
            Known::Pending { left: true } => {
                self.settle(command).await?;
                Ok(Attempt::Wait)
            }
            Known::Pending { left: false } | Known::Nothing => Ok(Attempt::Wait),
        }
    }

    /// True when other commands hold some of these streams; those that were left behind are settled on the way.
    async fn settle_holders(&self, streams: &[StreamId], but: CommandId) -> Result<bool, AppendError> {
        if streams.is_empty() {
            return Ok(false);
        }
        let holders = self.receipts.holders(streams, but).await.map_err(unread)?;
        for (command, left) in &holders {
            if *left {
                self.settle(*command).await?;
            }
        }
        Ok(!holders.is_empty())
    }

    /// Lets streams go; one that was not let go is let go when its hold expires.
    async fn release(&self, command: CommandId, owner: Owner) -> bool {
        let released = self.receipts.release(command, owner).await;
        self.released.notify_waiters();
        match released {
            Ok(released) => released,
            Err(error) => {
                warn!(error = %error, "a command's streams were not let go, they are when its hold expires");
                false
            }
        }
    }

    /// Writes what is confirmed, and settles its receipt.
    async fn write(
        &self,
        command: CommandId,
        owner: Owner,
        plan: &Plan,
        again: bool,
    ) -> Result<Span, AppendError> {
        let mut renewed = tokio::time::Instant::now();
        for (index, write) in plan.writes.iter().enumerate() {
            if renewed.elapsed() > HOLD / 3 {
                renewed = tokio::time::Instant::now();
                if let Err(error) = self.receipts.renew(command, owner).await {
                    warn!(error = %error, "a hold was not renewed, somebody else may take the command up");
                }
            }
            let actual = match self.write_one(write, again).await {
                Ok(Appended::Written) => continue,
                Ok(Appended::Elsewhere { actual }) => actual,
                Err(trouble) if index == 0 && !again && !trouble.outcome_unknown => {
                    // Nothing of it was sent, so it never happened, unless somebody has taken it up meanwhile.
                    let outcome_unknown = !self.release(command, owner).await;
                    return Err(AppendError::Unavailable {
                        outcome_unknown,
                        source: trouble.into(),
                    });
                }
                Err(trouble) => {
                    self.leave(command, owner).await;
                    return Err(unknown(trouble));
                }
            };
            if index > 0 {
                error!(command.id = %command, "somebody else wrote into our streams: a command stands by half");
                self.receipts.give_up(command, owner).await.map_err(unknown)?;
                self.released.notify_waiters();
                return Err(unknown(Interference { command }));
            }
            self.release(command, owner).await;
            return Err(match write.stream() {
                Some(stream) => AppendError::Conflict {
                    stream,
                    expected: write.expected,
                    actual,
                },
                None => unknown(Interference { command }),
            });
        }
        match self.finish(command, plan).await {
            Ok(span) => Ok(span),
            Err(error) => {
                self.leave(command, owner).await;
                Err(AppendError::Unavailable {
                    outcome_unknown: true,
                    source: error,
                })
            }
        }
    }

    async fn leave(&self, command: CommandId, owner: Owner) {
        if let Err(error) = self.receipts.leave(command, owner).await {
            warn!(error = %error, "a command waits until its hold expires");
        }
        self.released.notify_waiters();
    }

    /// Writes one stream, as often as it takes. Where it may have been written before, it is read first.
    async fn write_one(&self, write: &PlannedWrite, mut again: bool) -> Result<Appended, Trouble> {
        let Some(stream) = write.stream() else {
            // Written by a newer version that knows more categories; that version finishes it.
            return Ok(Appended::Elsewhere {
                actual: write.expected,
            });
        };
        let name = self.names.name(stream);
        let events = write.events().map_err(Trouble::unsendable)?;
        let until = tokio::time::Instant::now() + self.settings.patience;
        let mut unknown = false;
        let mut pause = LOOK_AGAIN;
        loop {
            if again && self.stands(&name, write).await? {
                return Ok(Appended::Written);
            }
            let mut trouble = match self.cluster.append(&name, write.expected, &events).await {
                Ok(Appended::Elsewhere { actual }) => {
                    // A node may answer so to an append that it has made itself.
                    let stands = self.stands(&name, write).await?;
                    return Ok(if stands {
                        Appended::Written
                    } else {
                        Appended::Elsewhere { actual }
                    });
                }
                Ok(written) => return Ok(written),
                Err(trouble) => trouble,
            };
            again |= trouble.outcome_unknown;
            unknown |= trouble.outcome_unknown;
            if trouble.refused || tokio::time::Instant::now() + pause > until {
                trouble.outcome_unknown = unknown;
                return Err(trouble);
            }
            warn!(
                error = &trouble as &dyn std::error::Error,
                "an append is sent again"
            );
            sleep(pause).await;
            pause *= 2;
        }
    }

    /// True when our events stand where they were to be written.
    async fn stands(&self, name: &str, write: &PlannedWrite) -> Result<bool, Trouble> {
        let page = self.cluster.stream(name, write.expected, 1).await?;
        Ok(page.events.first().map(|event| event.id) == write.first_id())
    }

    /// Waits until the index has passed what was written, and settles the receipt.
    async fn finish(&self, command: CommandId, plan: &Plan) -> Result<Span, BoxError> {
        let runs: Vec<_> = plan
            .writes
            .iter()
            .filter_map(|write| {
                Some(Run {
                    stream: write.stream()?,
                    first: write.expected + 1,
                    count: write.count(),
                })
            })
            .collect();
        let until = tokio::time::Instant::now() + self.settings.patience;
        let span = loop {
            self.catch_up().await?;
            if let Some(span) = self.index.span(&runs).await? {
                break span;
            }
            // A read that the node ended early looks like the end of the log.
            if tokio::time::Instant::now() > until {
                return Err(Unsettled { command }.into());
            }
            sleep(LOOK_AGAIN).await;
        };
        self.receipts.finish(command, span).await?;
        self.released.notify_waiters();
        Ok(span)
    }

    /// Takes up a command that was left behind: what is only held is let go, what is confirmed is written.
    async fn settle(&self, command: CommandId) -> Result<(), AppendError> {
        let owner = Owner::random().map_err(not_made)?;
        let Some(taken) = self.receipts.take_up(command, owner).await.map_err(unread)? else {
            return Ok(());
        };
        match taken.stage {
            Stage::Held => {
                self.release(command, owner).await;
                Ok(())
            }
            Stage::Confirmed => match self.write(command, owner, &taken.plan, true).await {
                Ok(_) | Err(AppendError::Conflict { .. }) => Ok(()),
                Err(error) => Err(error),
            },
        }
    }

    async fn settle_left(&self) -> Result<(), ReadError> {
        for command in self.receipts.left(100).await? {
            self.settle(command)
                .await
                .map_err(|error| ReadError::Unavailable(error.into()))?;
        }
        Ok(())
    }

    async fn receipt(&self, command: CommandId) -> Result<Option<Receipt>, ReadError> {
        let until = tokio::time::Instant::now() + self.settings.patience;
        loop {
            let under_way = self.under_way().commands.contains_key(&command);
            match self.receipts.known(command).await? {
                // It may be about to begin.
                Known::Nothing if !under_way => return Ok(None),
                Known::Nothing => {
                    if tokio::time::Instant::now() > until {
                        return Err(ReadError::Unavailable(Unsettled { command }.into()));
                    }
                    self.wait().await;
                }
                Known::Done(receipt) => return Ok(Some(*receipt)),
                Known::Broken => return Err(ReadError::Unavailable(Interference { command }.into())),
                Known::Pending { left } => {
                    if left {
                        let settled = self.settle(command).await;
                        settled.map_err(|error| ReadError::Unavailable(error.into()))?;
                    }
                    if tokio::time::Instant::now() > until {
                        return Err(ReadError::Unavailable(Unsettled { command }.into()));
                    }
                    self.wait().await;
                }
            }
        }
    }

    /// The next events of a read, in its direction.
    async fn page(&self, query: &Query) -> Result<Vec<Recorded>, ReadError> {
        let most = query.limit.map_or(PAGE, |limit| limit.min(PAGE));
        let mut places = self.index.places(query, most).await?;
        places.truncate(fitting(&places));
        if query.direction == Direction::Backward {
            places.reverse();
        }
        let mut events = match &query.filter {
            Filter::All | Filter::Categories(_) => self.fetch_range(&places).await?,
            Filter::Tenant(_)
            | Filter::Category { .. }
            | Filter::Type(_)
            | Filter::Stream(_)
            | Filter::Link { .. }
            | Filter::Subject(_)
            | Filter::Correlation(_) => self.fetch_runs(&places).await?,
        };
        if query.direction == Direction::Backward {
            events.reverse();
        }
        Ok(events)
    }

    /// The events at places, by reading all between the first and the last: few others stand between them.
    async fn fetch_range(&self, places: &[Place]) -> Result<Vec<Recorded>, ReadError> {
        let Some((first, last)) = places.first().zip(places.last()) else {
            return Ok(Vec::new());
        };
        let mut from = ClusterPosition {
            commit: first.position.0,
            prepare: first.prepare,
        };
        let wanted: HashSet<_> = places.iter().map(|place| place.position.0).collect();
        let mut found = HashMap::with_capacity(places.len());
        let mut stalled = 0;
        // The events of the node itself stand between ours, so nobody knows how many have to be read.
        while stalled < MOST_STALLS {
            let page = self
                .cluster
                .all(Some(from), places.len() + 16)
                .await
                .map_err(away)?;
            let end = page.events.last().map_or(from, |event| event.position);
            found.extend(
                page.events
                    .into_iter()
                    .map(|event| (event.position.commit, event))
                    .filter(|(position, _)| wanted.contains(position)),
            );
            if end.commit >= last.position.0 {
                break;
            }
            if end == from {
                stalled += 1;
                sleep(LOOK_AGAIN).await;
            }
            from = end;
        }
        places
            .iter()
            .map(|place| recorded(place, found.get(&place.position.0)))
            .collect()
    }

    /// Events here and there, each run of a stream by one read.
    async fn fetch_runs(&self, places: &[Place]) -> Result<Vec<Recorded>, ReadError> {
        let fetched: Vec<_> = stream::iter(runs(places))
            .map(|run| self.fetch_run(run))
            .buffered(FETCHES)
            .try_collect()
            .await?;
        let found: HashMap<_, _> = fetched.into_iter().flatten().collect();
        places
            .iter()
            .map(|place| recorded(place, found.get(&(place.stream, place.version))))
            .collect()
    }

    async fn fetch_run(&self, run: Run) -> Result<Vec<((StreamId, u64), RecordedEvent)>, ReadError> {
        let name = self.names.name(run.stream);
        let mut found = Vec::new();
        let mut stalled = 0;
        while (found.len() as u64) < run.count && stalled < MOST_STALLS {
            let seen = found.len() as u64;
            let most = usize::try_from(run.count - seen).unwrap_or(usize::MAX);
            let page = self
                .cluster
                .stream(&name, run.first - 1 + seen, most)
                .await
                .map_err(away)?;
            if page.events.is_empty() {
                stalled += 1;
                sleep(LOOK_AGAIN).await;
            }
            let events = page.events.into_iter();
            found.extend(events.map(|event| ((run.stream, event.revision + 1), event)));
        }
        Ok(found)
    }
}

/// How often a read that brings nothing new is made again: a node may end it early in good order.
const MOST_STALLS: u32 = 5;

/// How many of these places are read at once.
fn fitting(places: &[Place]) -> usize {
    let mut bytes = 0;
    let within = places.iter().take_while(|place| {
        let fits = bytes < PAGE_BYTES;
        bytes += place.size;
        fits
    });
    within.count()
}

/// The event at a place, with what follows from the order of all events.
fn recorded(place: &Place, event: Option<&RecordedEvent>) -> Result<Recorded, ReadError> {
    let corrupt = |what: &str| ReadError::Corrupt {
        position: place.position,
        what: what.to_owned(),
    };
    let event = event.ok_or_else(|| corrupt("the cluster does not hold it any more"))?;
    if event.id != place.event_id {
        return Err(corrupt("the cluster holds another event in its place"));
    }
    let found = found(event, place.stream, place.position).map_err(corrupt)?;
    let mut envelope = found.envelope;
    envelope.recorded_at = place.recorded_at;
    envelope.hash = place.hash;
    Ok(Recorded {
        envelope,
        payload: found.payload.as_ref().into(),
    })
}

/// Whether all streams are where they are expected. A stream that is written twice is met at its new version.
fn expect(writes: &[StreamWrite], mut versions: HashMap<StreamId, u64>) -> Result<(), AppendError> {
    for write in writes {
        let actual = versions.entry(write.stream).or_insert(0);
        if *actual != write.expected {
            return Err(AppendError::Conflict {
                stream: write.stream,
                expected: write.expected,
                actual: *actual,
            });
        }
        *actual += write.events.len() as u64;
    }
    Ok(())
}

fn not_made(error: impl Into<BoxError>) -> AppendError {
    AppendError::Unavailable {
        outcome_unknown: false,
        source: error.into(),
    }
}

fn unknown(error: impl Into<BoxError>) -> AppendError {
    AppendError::Unavailable {
        outcome_unknown: true,
        source: error.into(),
    }
}

/// Nothing was begun when this could not be read.
fn unread(error: ReadError) -> AppendError {
    not_made(error)
}

fn away(trouble: Trouble) -> ReadError {
    ReadError::Unavailable(trouble.into())
}

/// A beginning whose answer was lost is taken up later: one that was confirmed with it will stand.
fn begin_failed(error: sqlx::Error, stage: Stage) -> AppendError {
    let answered = matches!(
        error,
        sqlx::Error::Database(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
    );
    AppendError::Unavailable {
        outcome_unknown: stage == Stage::Confirmed && !answered,
        source: error.into(),
    }
}

#[async_trait]
impl Log for KurrentLog {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            gapless: false,
            multi_stream: true,
            isolated: false,
            large_appends: false,
        }
    }

    async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        let bytes = measure(&append)?.bytes;
        if self.appends.is_closed() {
            return Err(not_made(Closed));
        }
        let Some(ticket) = Ticket::take(&self.inner, append.command.command_id, bytes) else {
            return Err(AppendError::Busy {
                retry_after: RETRY_AFTER,
            });
        };
        let appended = self
            .appends
            .spawn(async move { ticket.inner.append(append).await });
        appended.await.unwrap_or_else(|error| Err(unknown(error)))
    }

    fn read(&self, query: Query) -> Events<'_> {
        stream::try_unfold(Some(query), move |query| async move {
            let Some(mut query) = query.filter(|query| query.limit != Some(0)) else {
                return Ok::<_, ReadError>(None);
            };
            let events = self.inner.page(&query).await?;
            let Some(last) = events.last() else {
                return Ok(None);
            };
            query.after = Some(last.envelope.position);
            query.limit = query.limit.map(|limit| limit.saturating_sub(events.len() as u64));
            Ok(Some((stream::iter(events.into_iter().map(Ok)), Some(query))))
        })
        .try_flatten()
        .boxed()
    }

    async fn versions(&self, streams: &[StreamId]) -> Result<Vec<u64>, ReadError> {
        let chain = self.inner.catch_up().await?;
        self.inner.index.versions(streams, chain.position).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        Ok(self.inner.catch_up().await?.position)
    }

    async fn position_at(&self, moment: Instant) -> Result<Position, ReadError> {
        self.inner.catch_up().await?;
        self.inner.index.position_at(moment).await
    }

    async fn last_recorded_at(&self) -> Result<Option<Instant>, ReadError> {
        Ok(self.inner.catch_up().await?.recorded_at)
    }

    async fn receipt(&self, command: CommandId) -> Result<Option<Receipt>, ReadError> {
        self.inner.receipt(command).await
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.inner.index.tail()
    }
}
