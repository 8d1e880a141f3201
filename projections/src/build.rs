//! Filling tables in bulk: one pass over the log for any number of read models.
//!
//! One task reads the log, threads decode its events, once each, and another thread folds them into rows that are held
//! in memory and written now and then, while the fold goes on: rows and checkpoint of a table in one transaction. Whoever
//! dies loses what was not yet written, and goes on from the checkpoint. What is held is bounded; rows that were not
//! touched for long are let go, and read again when an event needs them.
//!
//! Only what lies behind is filled so. Whoever leads the table then goes on page by page, as always, and shows it. When
//! the log tells in the middle that an event is to be left out, everything is written, the decision is carried out in
//! the table, and rows are read from there again.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher, RandomState},
    marker::PhantomData,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{
    envelope::{Envelope, Position, Recorded},
    fact::Category,
};
use futures::StreamExt;
use store::{
    codec::Codec,
    log::{Filter, Query},
};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc, watch},
    task::JoinHandle,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::warn;

use crate::{
    fold::{RowKey, Rows, Said, Step, hears, report_parked, say, steps_of, touched},
    ground::{Ground, RunError},
    model::{Heard, ReadModel},
    poison,
    runner::{self, Leader, Shown},
    skips::{Skips, skip_of},
    sql::{Db, DbError},
    table::{Claim, Table},
};

/// Most events of a chunk, and about how many bytes of payload.
const CHUNK_EVENTS: usize = 1_000;
const CHUNK_BYTES: usize = 4 * 1024 * 1024;
/// Chunks that may wait to be folded.
const AHEAD: usize = 16;
/// How many times as many rows as are usually written at once may wait while others are on their way.
const MOST_BATCHES: usize = 4;
/// Of how many rows that were let go it is remembered that they are in the table.
const MOST_FORGOTTEN: usize = 2_000_000;
/// How often an event is tried before its rows wait.
const TRIES: u32 = 3;

/// How far a rebuild is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Progress {
    /// The last position that was folded.
    pub done: u64,
    /// The last position of the log, as far as is known.
    pub total: u64,
    /// Events per second so far.
    pub rate: f64,
    /// How long the rest takes at this rate.
    pub left: Duration,
}

impl Progress {
    pub(crate) fn of(after: Position, at: Position, until: Position, elapsed: Duration) -> Self {
        let seconds = elapsed.as_secs_f64().max(1e-6);
        let rate = at.0.saturating_sub(after.0).max(1) as f64 / seconds;
        Self {
            done: at.0,
            total: until.0.max(at.0),
            rate,
            left: Duration::from_secs_f64(until.0.saturating_sub(at.0) as f64 / rate),
        }
    }
}

/// A rebuild did not come to its end; the live table is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// There is no read model of this name.
    #[error("there is no read model called {0}")]
    Unknown(String),
    /// Somebody else goes on with the build, or has already shown another table.
    #[error("somebody else builds {0}")]
    Overtaken(&'static str),
    /// The live table holds events that the log does not have.
    #[error(
        "the read model {model} is at position {checkpoint}, but the log ends at {end}: the log was restored from a \
         backup, or it is another log"
    )]
    AheadOfLog {
        /// Which read model.
        model: &'static str,
        /// Where it is.
        checkpoint: Position,
        /// Where the log ends.
        end: Position,
    },
    /// No table was live before this one, or it was dropped.
    #[error("there is no table to go back to for {0}")]
    NoWayBack(&'static str),
    /// The table that was live before was made by other code, which alone can go on with it.
    #[error(
        "the table of {0} before this one was made by another version: start that one, and it goes on with its table"
    )]
    OtherCode(&'static str),
    /// The log or the tables failed.
    #[error("the read model could not be rebuilt")]
    Failed(#[from] RunError),
}

impl From<DbError> for RebuildError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

/// A part of the log, decoded.
pub(crate) struct Chunk {
    events: Vec<Told>,
    /// What people decided about read models.
    decisions: Vec<Recorded>,
    /// The last position that was looked at.
    to: Position,
}

/// An event that at least one read model of the pass hears.
struct Told {
    envelope: Envelope,
    bytes: usize,
    said: Said,
    /// How many have yet to hear it, at most.
    hearers: usize,
}

impl Told {
    /// What it says; whoever hears it last need not copy it.
    fn hear(&mut self) -> Said {
        self.hearers -= 1;
        match self.hearers {
            0 => std::mem::replace(&mut self.said, Ok(Vec::new())),
            1.. => self.said.clone(),
        }
    }
}

/// Whether a table is still being filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Filling {
    /// It is.
    On,
    /// Somebody else has taken over, or the table is gone.
    Fenced,
}

/// A table that is filled, of whichever read model.
#[async_trait]
pub(crate) trait Builder: Send {
    fn categories(&self) -> &'static [Category];
    /// Up to where events are folded in, written or not.
    fn position(&self) -> Position;
    fn filling(&self) -> Filling;
    /// About how many bytes its rows take.
    fn bytes(&self) -> usize;
    /// Folds a chunk. Waits for the database in between, so it needs a thread on which that is allowed.
    fn fold(&mut self, chunk: &mut Chunk, ground: &Ground, runtime: &Handle) -> Result<(), RunError>;
    /// True when it should be written.
    fn is_due(&self, ground: &Ground) -> bool;
    /// True while rows are on their way into the table.
    fn is_writing(&self) -> bool;
    /// Begins to write rows and checkpoint, when it is their turn, once what is being written is.
    async fn write(&mut self, db: &Db, turn: &Arc<Semaphore>) -> Result<(), RunError>;
    /// Waits until what is being written is.
    async fn written(&mut self) -> Result<(), RunError>;
    /// Lets go of rows that did not change since the others were written.
    fn forget(&mut self);
    /// Folds what is left page by page, and shows the table once it is no further back than the live one.
    async fn finish(self: Box<Self>, ground: &Ground) -> Result<(), RebuildError>;
}

/// A table that is filled.
pub(crate) struct Build<M: ReadModel> {
    table: Table<M>,
    claim: Claim,
    rows: Rows<M>,
    /// Up to where events are folded into `rows`.
    folded: Position,
    elsewhere: Elsewhere,
    writing: Option<Writing>,
    written_at: Instant,
    filling: Filling,
    model: PhantomData<fn() -> M>,
}

/// What may be in the table of the rows that are not held.
enum Elsewhere {
    /// Only those whose keys have these hashes: they were let go.
    Some(HashSet<u64>, RandomState),
    /// Any.
    Any,
}

impl Elsewhere {
    fn is_nothing(&self) -> bool {
        matches!(self, Self::Some(hashes, _) if hashes.is_empty())
    }

    fn has(&self, key: &RowKey) -> bool {
        match self {
            Self::Some(hashes, hasher) => hashes.contains(&hasher.hash_one(key)),
            Self::Any => true,
        }
    }

    fn add(&mut self, keys: &[RowKey]) {
        if let Self::Some(hashes, hasher) = self {
            hashes.extend(keys.iter().map(|key| hasher.hash_one(key)));
            if hashes.len() > MOST_FORGOTTEN {
                *self = Self::Any;
            }
        }
    }
}

/// Rows and a checkpoint on their way into the table.
struct Writing {
    to: Position,
    /// Whether they were written: not when somebody else has taken over.
    done: AbortOnDropHandle<Result<bool, DbError>>,
}

impl<M: ReadModel> Build<M> {
    /// Goes on with a table that was just claimed.
    pub(crate) async fn begin(ground: &Ground, table: Table<M>, claim: Claim) -> Result<Self, RunError> {
        let mut tx = ground.db.begin().await?;
        let parked = table.parked(&mut tx).await?;
        Ok(Self {
            table,
            claim,
            rows: Rows::patient(&parked, TRIES),
            folded: claim.position,
            elsewhere: match claim.position {
                Position::START => Elsewhere::Some(HashSet::new(), RandomState::new()),
                Position(1..) => Elsewhere::Any,
            },
            writing: None,
            written_at: Instant::now(),
            filling: Filling::On,
            model: PhantomData,
        })
    }

    /// The next of decisions that is about this read model.
    fn decision<'c>(&self, decisions: &'c [Recorded], codec: &Codec) -> Option<&'c Recorded> {
        let mut later = decisions
            .iter()
            .filter(|event| event.envelope.position > self.folded);
        later.find(|event| skip_of::<M>(codec, event).is_some())
    }

    /// Carries out the decision to leave an event out, in the table.
    async fn leave_out(&mut self, ground: &Ground, decided: &Recorded) -> Result<(), RunError> {
        self.write(&ground.db, &Arc::new(Semaphore::new(1))).await?;
        self.written().await?;
        if self.filling == Filling::Fenced {
            return Ok(());
        }
        if !poison::leave_out(ground, &self.table, self.claim, decided).await? {
            self.filling = Filling::Fenced;
            return Ok(());
        }
        self.claim.position = decided.envelope.position;
        let table = self.table.clone();
        *self = Self::begin(ground, table, self.claim).await?;
        Ok(())
    }

    /// Up to where rows are written, or on their way.
    fn given(&self) -> Position {
        self.writing
            .as_ref()
            .map_or(self.claim.position, |writing| writing.to)
    }

    /// Folds the events up to a position.
    async fn fold_until(&mut self, db: &Db, events: &mut [Told], until: Position) -> Result<(), DbError> {
        let after = self.folded;
        let ours = events.iter_mut().filter(|told| {
            let position = told.envelope.position;
            position > after && position <= until && hears::<M>(Skips::NONE, &told.envelope)
        });
        let steps = ours.flat_map(|told| {
            let said = told.hear();
            steps_of(&told.envelope, told.bytes, said)
        });
        self.rows.next_round();
        if self.elsewhere.is_nothing() {
            steps.for_each(|step| self.rows.fold(step));
        } else {
            let steps: Vec<_> = steps.collect();
            self.load(db, &steps).await?;
            steps.into_iter().for_each(|step| self.rows.fold(step));
        }
        self.folded = until;
        Ok(())
    }

    /// Reads the rows that the steps need and that are not held.
    async fn load(&mut self, db: &Db, steps: &[Step<'_, M>]) -> Result<(), DbError> {
        let mut missing = touched(steps);
        missing.retain(|key| !self.rows.holds(key) && self.elsewhere.has(key));
        if missing.is_empty() {
            return Ok(());
        }
        // What was let go was written before; what is being written meanwhile is held.
        let mut tx = db.snapshot().await?;
        for raw in self.table.load(&mut tx, &missing).await? {
            self.rows.hold(&raw);
        }
        Ok(())
    }
}

#[async_trait]
impl<M: ReadModel> Builder for Build<M> {
    fn categories(&self) -> &'static [Category] {
        M::Heard::CATEGORIES
    }

    fn position(&self) -> Position {
        self.folded
    }

    fn filling(&self) -> Filling {
        self.filling
    }

    fn bytes(&self) -> usize {
        self.rows.bytes()
    }

    fn fold(&mut self, chunk: &mut Chunk, ground: &Ground, runtime: &Handle) -> Result<(), RunError> {
        if self.filling != Filling::On || chunk.to <= self.folded {
            return Ok(());
        }
        loop {
            let decision = self.decision(&chunk.decisions, &ground.codec);
            let until = decision.map_or(chunk.to, |event| Position(event.envelope.position.0 - 1));
            runtime.block_on(self.fold_until(&ground.db, &mut chunk.events, until))?;
            match decision {
                Some(decision) => runtime.block_on(self.leave_out(ground, decision))?,
                None => return Ok(()),
            }
            if self.filling == Filling::Fenced {
                return Ok(());
            }
        }
    }

    fn is_due(&self, ground: &Ground) -> bool {
        let (pace, changed) = (ground.pace, self.rows.changed());
        let is_full = changed >= pace.build_rows && !self.is_writing();
        self.filling != Filling::Fenced
            && self.folded > self.given()
            && (is_full
                || changed >= pace.build_rows * MOST_BATCHES
                || self.written_at.elapsed() >= pace.build_every)
    }

    fn is_writing(&self) -> bool {
        self.writing
            .as_ref()
            .is_some_and(|writing| !writing.done.is_finished())
    }

    async fn write(&mut self, db: &Db, turn: &Arc<Semaphore>) -> Result<(), RunError> {
        self.written().await?;
        if self.filling == Filling::Fenced || self.folded == self.claim.position {
            return Ok(());
        }
        let (changed, removed) = self.rows.changes();
        let parked = self.rows.parked().to_vec();
        self.rows.written();
        self.written_at = Instant::now();
        let (table, claim, to) = (self.table.clone(), self.claim, self.folded);
        let (db, turn) = (db.clone(), turn.clone());
        let writing = async move {
            let _turn = turn.acquire_owned().await;
            let mut tx = db.begin().await?;
            if !table.advance(&mut tx, claim, to).await? {
                return Ok(false);
            }
            table.upsert(&mut tx, changed).await?;
            table.delete(&mut tx, &removed).await?;
            table.park(&mut tx, &parked).await?;
            tx.commit().await?;
            report_parked::<M>(&parked);
            Ok(true)
        };
        self.writing = Some(Writing {
            to,
            done: AbortOnDropHandle::new(tokio::spawn(writing)),
        });
        Ok(())
    }

    async fn written(&mut self) -> Result<(), RunError> {
        if let Some(Writing { to, done }) = self.writing.take() {
            if done.await?? {
                self.claim.position = to;
            } else {
                self.filling = Filling::Fenced;
            }
        }
        Ok(())
    }

    fn forget(&mut self) {
        let forgotten = self.rows.forget_half();
        self.elsewhere.add(&forgotten);
    }

    async fn finish(self: Box<Self>, ground: &Ground) -> Result<(), RebuildError> {
        let overtaken = || RebuildError::Overtaken(M::NAME);
        if self.filling == Filling::Fenced {
            return Err(overtaken());
        }
        let mut leader = Leader::new(ground, self.table, self.claim);
        loop {
            match leader.step(ground.pace.build_page, None).await? {
                runner::Step::Folded(_) => {}
                runner::Step::TryAgain => tokio::time::sleep(ground.pace.pause).await,
                runner::Step::Fenced => return Err(overtaken()),
                runner::Step::CaughtUp => match leader.show().await? {
                    Shown::Done => return Ok(()),
                    Shown::NotYet => {}
                    Shown::Fenced => return Err(overtaken()),
                },
            }
        }
    }
}

/// How many read models of a pass hear the events of each category, if any does.
type Hearers = BTreeMap<Category, usize>;

/// Fills tables up to where the log ends now. Ends early, with everything written, when it is told to stop. The report
/// hears how far the furthest of them is.
pub(crate) async fn fill(
    ground: &Ground,
    builders: Vec<Box<dyn Builder>>,
    report: &(dyn Fn(Progress) + Send + Sync),
    stop: &CancellationToken,
) -> Result<Vec<Box<dyn Builder>>, RunError> {
    let going = builders.iter().filter(|builder| builder.filling() == Filling::On);
    let Some(after) = going.map(|builder| builder.position()).min() else {
        return Ok(builders);
    };
    let until = ground.log.head().await?;
    let mut hearers = Hearers::new();
    for category in builders.iter().flat_map(|builder| builder.categories()) {
        *hearers.entry(*category).or_default() += 1;
    }
    // Whoever waits for this may be gone before it ends: then nobody needs the rest.
    let stop = stop.child_token();
    let _guard = stop.clone().drop_guard();
    let (chunks, coming) = mpsc::channel(AHEAD);
    let reading = tokio::spawn(read(ground.clone(), after, until, hearers, chunks));
    let (reached, mut progress) = watch::channel(after);
    let folding = Folding {
        ground: ground.clone(),
        builders,
        runtime: Handle::current(),
        reached,
        turn: Arc::new(Semaphore::new(1)),
        makes_room: false,
        stop,
    };
    let folding = tokio::task::spawn_blocking(move || folding.run(coming));
    let began = Instant::now();
    while progress.changed().await.is_ok() {
        let at = *progress.borrow_and_update();
        report(Progress::of(after, at, until, began.elapsed()));
    }
    let builders = folding.await??;
    reading.await??;
    Ok(builders)
}

/// Reads a part of the log, and has it decoded chunk by chunk.
async fn read(
    ground: Ground,
    after: Position,
    until: Position,
    hearers: Hearers,
    chunks: mpsc::Sender<JoinHandle<Chunk>>,
) -> Result<(), RunError> {
    let hearers = Arc::new(hearers);
    // Also what people decided about read models.
    let heard = hearers.keys().copied().chain([Category::ReadModel]);
    let heard = Filter::Categories(heard.collect());
    let mut events = ground.log.read(Query::forward(heard).after(after).until(until));
    let mut last = after;
    while last < until {
        let (mut chunk, mut bytes, mut ended) = (Vec::with_capacity(CHUNK_EVENTS), 0, false);
        while chunk.len() < CHUNK_EVENTS && bytes < CHUNK_BYTES {
            let Some(event) = events.next().await else {
                ended = true;
                break;
            };
            let event = event?;
            bytes += event.payload.len();
            chunk.push(event);
        }
        // Behind the last event that anybody hears there may be others.
        let heard = chunk.last().filter(|_| !ended);
        last = heard.map_or(until, |event| event.envelope.position);
        let (codec, hearers, pause) = (ground.codec.clone(), hearers.clone(), ground.pace.pause);
        let decoding = tokio::task::spawn_blocking(move || decode(&codec, &hearers, chunk, last, pause));
        if chunks.send(decoding).await.is_err() {
            // The fold has ended, and says why.
            break;
        }
    }
    Ok(())
}

fn decode(codec: &Codec, hearers: &Hearers, events: Vec<Recorded>, to: Position, pause: Duration) -> Chunk {
    let mut chunk = Chunk {
        events: Vec::with_capacity(events.len()),
        decisions: Vec::new(),
        to,
    };
    for event in events {
        let category = event.envelope.stream.category;
        if let Some(hearers) = hearers.get(&category) {
            chunk.events.push(Told {
                bytes: event.payload.len(),
                said: say_patiently(codec, &event, pause),
                envelope: event.envelope,
                hearers: *hearers,
            });
        } else if category == Category::ReadModel {
            chunk.decisions.push(event);
        }
    }
    chunk
}

/// What fails once may not fail again: a step from an old version may ask for something.
fn say_patiently(codec: &Codec, event: &Recorded, pause: Duration) -> Said {
    let mut said = say(codec, event);
    for attempt in 1..TRIES {
        if said.is_ok() {
            break;
        }
        warn!(
            event.position = event.envelope.position.0,
            attempt, "an event cannot be read, will try again"
        );
        Handle::current().block_on(tokio::time::sleep(pause));
        said = say(codec, event);
    }
    said
}

/// The thread that folds.
struct Folding {
    ground: Ground,
    builders: Vec<Box<dyn Builder>>,
    runtime: Handle,
    reached: watch::Sender<Position>,
    /// Tables are written one at a time, so that requests find connections.
    turn: Arc<Semaphore>,
    /// True while rows are written so that they can be let go.
    makes_room: bool,
    stop: CancellationToken,
}

impl Folding {
    fn run(
        mut self,
        mut chunks: mpsc::Receiver<JoinHandle<Chunk>>,
    ) -> Result<Vec<Box<dyn Builder>>, RunError> {
        while let Some(decoding) = chunks.blocking_recv() {
            let mut chunk = self.runtime.block_on(decoding)?;
            let began = Instant::now();
            self.fold(&mut chunk)?;
            self.reached.send_replace(chunk.to);
            let mut builders = self.builders.iter();
            if self.stop.is_cancelled() || builders.all(|builder| builder.filling() != Filling::On) {
                break;
            }
            let rest = self.ground.pace.build_share.rest_after(began.elapsed());
            // Even a sleep of no time takes a millisecond.
            if !rest.is_zero() {
                let sleep = tokio::time::sleep(rest);
                self.runtime.block_on(self.stop.run_until_cancelled(sleep));
            }
        }
        self.write_all()?;
        Ok(self.builders)
    }

    fn fold(&mut self, chunk: &mut Chunk) -> Result<(), RunError> {
        for builder in &mut self.builders {
            builder.fold(chunk, &self.ground, &self.runtime)?;
        }
        self.write(|builder, ground| builder.is_due(ground))?;
        self.make_room()
    }

    /// Lets go of rows when too many are held. Those that have to be written first are written while the fold goes on,
    /// until half as many again are held.
    fn make_room(&mut self) -> Result<(), RunError> {
        let held: usize = self.builders.iter().map(|builder| builder.bytes()).sum();
        let most = self.ground.pace.build_bytes;
        if held <= most {
            return Ok(());
        }
        if !self.makes_room {
            self.write(|_, _| true)?;
            self.makes_room = true;
        }
        if held <= most + most / 2 && self.builders.iter().any(|builder| builder.is_writing()) {
            return Ok(());
        }
        for builder in &mut self.builders {
            self.runtime.block_on(builder.written())?;
            builder.forget();
        }
        self.makes_room = false;
        Ok(())
    }

    fn write_all(&mut self) -> Result<(), RunError> {
        self.write(|_, _| true)?;
        for builder in &mut self.builders {
            self.runtime.block_on(builder.written())?;
        }
        Ok(())
    }

    fn write(&mut self, which: impl Fn(&dyn Builder, &Ground) -> bool) -> Result<(), RunError> {
        for builder in &mut self.builders {
            if which(&**builder, &self.ground) {
                self.runtime
                    .block_on(builder.write(&self.ground.db, &self.turn))?;
            }
        }
        Ok(())
    }
}
