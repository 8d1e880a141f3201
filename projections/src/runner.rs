//! One task per read model that follows the log: pages of events into rows, and the checkpoint with them.
//!
//! Who raises a table's fence leads: only the leader's pages are written. A node that was fenced off stands by: it
//! looks at the checkpoint now and then, so that its queries know how far the tables are, and takes over when the log
//! goes on and the checkpoint does not. A read model whose code changed is built beside the live table, which serves
//! until the new one has caught up; the same loop does both.

use domain::envelope::{Position, Recorded};
use store::log::ReadError;
use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    as_of::Growth,
    fold::{OnPoison, Page, fold_page, hears, steps},
    ground::{Ground, RunError},
    model::ReadModel,
    poison,
    recent::read_page,
    skips::{Hearing, Skips, skip_of},
    sql::{Db, DbError, Name, Tx},
    table::{self, Claim, Role, Table, begin_alone},
};

/// How often an event is tried before its rows wait: reading it, or its row, may have failed.
const TRIES: u32 = 3;
/// How often a build that is ready to be shown may find the live table ahead again before it stops the live table.
const CHASES: u32 = 3;

/// The read models cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A table holds events that the log does not have.
    #[error(
        "the read model {model} is at position {checkpoint}, but the log ends at {head}: the log was restored from a \
         backup, or it is another log; check which log this is, and then rebuild the read models"
    )]
    AheadOfLog {
        /// Which read model.
        model: &'static str,
        /// Where it is.
        checkpoint: Position,
        /// Where the log ends.
        head: Position,
    },
    /// The log or the tables cannot be reached.
    #[error(transparent)]
    Unavailable(#[from] RunError),
}

impl From<DbError> for StartError {
    fn from(error: DbError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<ReadError> for StartError {
    fn from(error: ReadError) -> Self {
        Self::Unavailable(error.into())
    }
}

/// Makes sure that there is a table to write and a view to read, and that neither is ahead of the log. Says how far the
/// table is behind the log.
pub(crate) async fn prepare<M: ReadModel>(ground: &Ground) -> Result<u64, StartError> {
    let mut tx = begin_alone(&ground.db).await?;
    let live = table::live_in(&mut tx, M::NAME).await?;
    let begun = match Table::<M>::begun(&mut tx, live.as_ref()).await? {
        Some(begun) => Some(begun),
        // What was live when this code was goes on from where it is.
        None => Table::beside(&mut tx, Role::Previous).await?,
    };
    let table = begun.unwrap_or_else(Table::of_this_code);
    let is_live = live.as_ref().is_none_or(|live| live.table == table.name);
    match live {
        Some(_) if is_live => {}
        Some(_) => {
            table.create(&mut tx).await?;
            table.set_role(&mut tx, Role::Building).await?;
        }
        None => {
            table.create(&mut tx).await?;
            table.show(&mut tx).await?;
        }
    }
    tx.commit().await?;
    if is_live {
        table.create_indexes(&ground.db).await?;
    }
    let built = table.position(&ground.db).await?;
    let live = table::live(&ground.db, M::NAME).await?.map(|live| live.position);
    let checkpoint = built.max(live).unwrap_or(Position::START);
    let head = ground.log.head().await?;
    if checkpoint > head {
        return Err(StartError::AheadOfLog {
            model: M::NAME,
            checkpoint,
            head,
        });
    }
    Ok(head.0.saturating_sub(built.unwrap_or(Position::START).0))
}

/// How one step of a leader ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// So many events further.
    Folded(usize),
    /// Nothing new in the log.
    CaughtUp,
    /// An event could not be folded, and is to be tried again after a pause.
    TryAgain,
    /// Somebody else leads, or the table is gone.
    Fenced,
}

/// The leader of a table.
pub(crate) struct Leader<'g, M> {
    ground: &'g Ground,
    pub(crate) table: Table<M>,
    pub(crate) claim: Claim,
    unheard: Option<Unheard>,
    growth: Growth,
    tries: u32,
    chases: u32,
}

/// Events after the checkpoint of which a read model hears none, so that it need not be written for each.
#[derive(Clone, Copy, Debug)]
struct Unheard {
    /// The last of them.
    to: Position,
    /// When the checkpoint is written at the latest.
    until: Instant,
}

impl<'g, M: ReadModel> Leader<'g, M> {
    pub(crate) fn new(ground: &'g Ground, table: Table<M>, claim: Claim) -> Self {
        Self {
            ground,
            table,
            claim,
            unheard: None,
            growth: Growth::default(),
            tries: 0,
            chases: 0,
        }
    }

    /// The database with the table.
    pub(crate) const fn db(&self) -> &'g Db {
        &self.ground.db
    }

    /// How far it is: what it has folded, and what came after that it does not hear.
    fn position(&self) -> Position {
        self.unheard.map_or(self.claim.position, |unheard| unheard.to)
    }

    /// Folds one page, up to a position if there is an end.
    pub(crate) async fn step(&mut self, most: u64, until: Option<Position>) -> Result<Step, RunError> {
        let events = read_page(&*self.ground.log, self.position(), most, until).await?;
        self.fold(&events).await
    }

    /// Folds one page of the live table. Others have read it too, most likely; and on SQLite, whose file nobody else writes, the
    /// checkpoint is not written for each page of which nothing is heard.
    pub(crate) async fn follow(&mut self, most: u64) -> Result<Step, RunError> {
        let Ground {
            log,
            codec,
            recent,
            db,
            pace,
            ..
        } = self.ground;
        if self.position() >= *log.tail().borrow() {
            return Ok(Step::CaughtUp);
        }
        let page = recent.page(&**log, self.position(), most).await?;
        let hears = page
            .events()
            .iter()
            .any(|event| skip_of::<M>(codec, event).is_some() || hears::<M>(Skips::NONE, &event.envelope));
        let now = Instant::now();
        let is_due = self.unheard.is_some_and(|unheard| unheard.until <= now);
        match page.events().last() {
            Some(last) if !hears && !is_due && db.is_exclusive() => {
                let until = self.unheard.map_or(now + pace.unheard, |unheard| unheard.until);
                let to = last.envelope.position;
                self.unheard = Some(Unheard { to, until });
                Ok(Step::Folded(page.events().len()))
            }
            Some(_) | None => self.fold(page.events()).await,
        }
    }

    /// When the checkpoint is to be written although nothing was heard; `None` when it is where it should be.
    fn due(&self) -> Option<Instant> {
        self.unheard.map(|unheard| unheard.until)
    }

    /// Writes the checkpoint.
    async fn note_position(&mut self) -> Result<Step, RunError> {
        let to = self.position();
        let mut tx = self.ground.db.begin().await?;
        if !self.table.advance(&mut tx, self.claim, to).await? {
            return Ok(Step::Fenced);
        }
        tx.commit().await?;
        self.claim.position = to;
        self.unheard = None;
        Ok(Step::Folded(0))
    }

    /// Stops leading, with the checkpoint where it should be.
    async fn leave(mut self) -> Result<Stopped, RunError> {
        if self.unheard.is_some() {
            self.note_position().await?;
        }
        Ok(Stopped::Shutdown)
    }

    async fn fold(&mut self, events: &[Recorded]) -> Result<Step, RunError> {
        let Ground { codec, db, .. } = self.ground;
        let decided = events
            .iter()
            .position(|event| skip_of::<M>(codec, event).is_some());
        let events = match decided {
            None => events,
            Some(0) => return self.leave_out(&events[0]).await,
            Some(before) => &events[..before],
        };
        let Some(last) = events.last() else {
            return Ok(Step::CaughtUp);
        };
        let on_poison = if self.tries + 1 < TRIES {
            OnPoison::Retry
        } else {
            OnPoison::Park
        };
        let to = last.envelope.position;
        let skips = Skips::NONE;
        let hearing = Hearing { codec, skips };
        match fold_page(db, &self.table, self.claim, steps(hearing, events), to, on_poison).await? {
            Page::Written(claim, touched) => {
                self.unheard = None;
                self.growth.note::<M>(self.ground.past.as_ref(), &touched);
                self.claim = claim;
                self.tries = 0;
                Ok(Step::Folded(events.len()))
            }
            Page::Poisoned(position) => {
                self.tries += 1;
                warn!(
                    read_model.name = M::NAME,
                    event.position = position.0,
                    attempt = self.tries,
                    "an event cannot be folded, will try again"
                );
                Ok(Step::TryAgain)
            }
            Page::Fenced => Ok(Step::Fenced),
        }
    }

    /// Carries out a decision to leave an event out.
    async fn leave_out(&mut self, decided: &Recorded) -> Result<Step, RunError> {
        if !poison::leave_out(self.ground, &self.table, self.claim, decided).await? {
            return Ok(Step::Fenced);
        }
        self.claim.position = decided.envelope.position;
        self.unheard = None;
        Ok(Step::Folded(1))
    }

    /// Shows the table in place of the live one, which stays as the way back; every other one is dropped, all in one
    /// transaction; unless the live one is further: reads must never go back.
    pub(crate) async fn show(&mut self) -> Result<Shown, RunError> {
        self.table.create_indexes(&self.ground.db).await?;
        let mut tx = begin_alone(&self.ground.db).await?;
        let old = table::live_in(&mut tx, M::NAME).await?;
        let mut previous = old.map(|live| Table::<M>::named(live.table));
        if let Some(old) = &previous {
            let further = old
                .lock(&mut tx)
                .await?
                .filter(|position| *position > self.claim.position);
            // What is ahead of the log belongs to another log: that is why it is built anew. The log is asked under the
            // lock, so that the live table cannot have followed it meanwhile.
            if let Some(position) = further {
                if position <= self.ground.log.head().await? {
                    drop(tx);
                    self.chases += 1;
                    if self.chases > CHASES {
                        // The live table is always a little ahead: stop it, for as long as the rest takes.
                        old.claim(&self.ground.db).await?;
                    }
                    return Ok(Shown::NotYet);
                }
                previous = None;
            }
        }
        if !self
            .table
            .advance(&mut tx, self.claim, self.claim.position)
            .await?
        {
            return Ok(Shown::Fenced);
        }
        self.table.show(&mut tx).await?;
        for other in self.table.others(&mut tx).await? {
            match &previous {
                Some(previous) if previous.name == other.name => {
                    other.set_role(&mut tx, Role::Previous).await?;
                    // Whoever wrote it is to write the new one.
                    other.claim_in(&mut tx).await?;
                }
                Some(_) | None => other.drop(&mut tx).await?,
            }
        }
        tx.commit().await?;
        info!(
            read_model.name = M::NAME,
            event.position = self.claim.position.0,
            "the new table is live"
        );
        Ok(Shown::Done)
    }
}

/// Whether a table that was built is live now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shown {
    /// It is.
    Done,
    /// The live table is further.
    NotYet,
    /// Somebody else builds it.
    Fenced,
}

/// Ends at a moment; never, when there is none.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// The table that this code is to write, and whether it is the live one; `None` when newer code has replaced it.
async fn target<M: ReadModel>(db: &Db) -> Result<Option<(Table<M>, bool)>, DbError> {
    // Nothing is written; it only has to be one moment.
    target_in(&mut db.begin().await?).await
}

async fn target_in<M: ReadModel>(tx: &mut Tx) -> Result<Option<(Table<M>, bool)>, DbError> {
    let live = table::live_in(tx, M::NAME).await?;
    let begun = Table::<M>::begun(tx, live.as_ref()).await?;
    Ok(begun.map(|table| {
        let is_live = live.is_some_and(|live| live.table == table.name);
        (table, is_live)
    }))
}

/// A table that is led from now on.
pub(crate) struct Claimed<M> {
    pub(crate) table: Table<M>,
    pub(crate) claim: Claim,
    live: bool,
}

/// Claims the table that this code is to write. `None`: there is none, or another one has just taken its place.
pub(crate) async fn claim_target<M: ReadModel>(db: &Db) -> Result<Option<Claimed<M>>, DbError> {
    let mut tx = db.begin().await?;
    let Some((table, _)) = target_in::<M>(&mut tx).await? else {
        return Ok(None);
    };
    let Some(claim) = table.claim_in(&mut tx).await? else {
        return Ok(None);
    };
    // Asked again under the lock of its checkpoint, which whoever shows another table takes too: else the former table
    // would be led on, while nobody leads the one that is live.
    let now = target_in::<M>(&mut tx).await?;
    let Some((_, live)) = now.filter(|(now, _)| now.name == table.name) else {
        return Ok(None);
    };
    tx.commit().await?;
    Ok(Some(Claimed { table, claim, live }))
}

/// Why a leader stopped.
enum Stopped {
    Shutdown,
    Fenced,
}

/// Runs one read model until shutdown.
pub(crate) struct Runner<M> {
    pub(crate) ground: Ground,
    pub(crate) progress: watch::Sender<Position>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) model: std::marker::PhantomData<fn() -> M>,
}

/// How a runner begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Begin {
    /// By leading.
    Leading,
    /// By watching: somebody else leads.
    StandingBy,
}

impl<M: ReadModel> Runner<M> {
    /// Runs once it is told how to begin, for which a table that is far behind is filled first. By leading, when nobody
    /// tells.
    pub(crate) async fn run(self, begin: oneshot::Receiver<Begin>) {
        let begin = tokio::select! {
            begin = begin => begin.unwrap_or(Begin::Leading),
            () = self.shutdown.cancelled() => return,
        };
        let mut may_lead = begin == Begin::Leading;
        let mut pause = self.ground.pace.pause;
        loop {
            let started = Instant::now();
            match self.lead_and_stand_by(may_lead).await {
                Ok(()) => return,
                Err(error) => {
                    warn!(
                        read_model.name = M::NAME,
                        error = &error as &dyn std::error::Error,
                        "the read model cannot go on, will try again"
                    );
                }
            }
            may_lead = true;
            if started.elapsed() > self.ground.pace.longest_pause {
                // It had gone well for a while: this is another failure, not the same one again.
                pause = self.ground.pace.pause;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(self.ground.pace.longest_pause),
                () = self.shutdown.cancelled() => return,
            }
        }
    }

    async fn lead_and_stand_by(&self, mut may_lead: bool) -> Result<(), RunError> {
        loop {
            let target = target::<M>(&self.ground.db).await?;
            let target = target.map(|(table, _)| table.name);
            if may_lead && target.is_some() {
                let Some(claimed) = claim_target::<M>(&self.ground.db).await? else {
                    // Another table has just taken its place.
                    continue;
                };
                let leader = Leader::new(&self.ground, claimed.table, claimed.claim);
                match self.lead(leader, claimed.live).await? {
                    Stopped::Shutdown => return Ok(()),
                    Stopped::Fenced => {
                        info!(
                            read_model.name = M::NAME,
                            "somebody else leads the read model; standing by"
                        );
                    }
                }
            }
            match self.stand_by(target).await? {
                Stopped::Shutdown => return Ok(()),
                Stopped::Fenced => may_lead = true,
            }
        }
    }

    async fn lead(&self, mut leader: Leader<'_, M>, mut live: bool) -> Result<Stopped, RunError> {
        let mut tail = self.ground.log.tail();
        let pace = self.ground.pace;
        loop {
            if live {
                self.reached(leader.position());
            }
            tail.borrow_and_update();
            let step = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return leader.leave().await,
                step = async {
                    if live {
                        leader.follow(pace.page).await
                    } else {
                        leader.step(pace.build_page, None).await
                    }
                } => step?,
            };
            match step {
                Step::Folded(_) => {}
                Step::TryAgain => tokio::time::sleep(pace.pause).await,
                Step::Fenced => return Ok(Stopped::Fenced),
                Step::CaughtUp if !live => match leader.show().await? {
                    Shown::Done => live = true,
                    Shown::NotYet => {}
                    Shown::Fenced => return Ok(Stopped::Fenced),
                },
                Step::CaughtUp => tokio::select! {
                    () = self.shutdown.cancelled() => return leader.leave().await,
                    changed = tail.changed() => if changed.is_err() {
                        return leader.leave().await;
                    },
                    () = until(leader.due()) => if leader.note_position().await? == Step::Fenced {
                        return Ok(Stopped::Fenced);
                    },
                },
            }
        }
    }

    /// Watches another leader. Ends as fenced when it is time to try to lead: the target is another table than the one
    /// that was led, or its checkpoint stands still although the log goes on.
    async fn stand_by(&self, led: Option<Name>) -> Result<Stopped, RunError> {
        let tail = self.ground.log.tail();
        let (mut seen, mut since) = (None, Instant::now());
        loop {
            let position = match target::<M>(&self.ground.db).await? {
                Some((table, true)) if led.as_ref() != Some(&table.name) => return Ok(Stopped::Fenced),
                Some((table, _)) => table.position(&self.ground.db).await?,
                // Newer code has replaced this one: only watch.
                None => None,
            };
            if let Some(shown) = table::live(&self.ground.db, M::NAME).await? {
                self.reached(shown.position);
            }
            let idle = position.is_none_or(|position| position >= *tail.borrow());
            if idle || position != seen {
                (seen, since) = (position, Instant::now());
            } else if since.elapsed() >= self.ground.pace.patience {
                info!(
                    read_model.name = M::NAME,
                    "the read model stands still; taking over"
                );
                return Ok(Stopped::Fenced);
            }
            tokio::select! {
                () = self.shutdown.cancelled() => return Ok(Stopped::Shutdown),
                () = tokio::time::sleep(self.ground.pace.look) => {}
            }
        }
    }

    fn reached(&self, position: Position) {
        self.progress.send_if_modified(|known| {
            let further = position > *known;
            *known = (*known).max(position);
            further
        });
    }
}
