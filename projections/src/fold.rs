//! The fold that everything shares: events in, changed rows out, and the rows that have to wait.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use domain::{
    envelope::{Envelope, Position, Recorded},
    fact::Fact,
    ids::OrganisationId,
};
use store::codec::Codec;
use tracing::error;
use uuid::Uuid;

use crate::{
    fault::Fault,
    model::{Heard, Key, ReadModel, Stored},
    raw_row::{FullRow, RawRow},
    skips::{Hearing, Skips},
    sql::{Db, DbError, Tx, Value},
    table::{Claim, Parked, Table},
};

pub(crate) type RowKey = (OrganisationId, Key);

/// What a stored event says, to whoever hears it.
pub(crate) type Said = Result<Vec<Fact>, Fault>;

/// Reads what a stored event says.
pub(crate) fn say(codec: &Codec, recorded: &Recorded) -> Said {
    match catch_unwind(AssertUnwindSafe(|| codec.decode(recorded))) {
        Ok(Ok(facts)) => Ok(facts),
        Ok(Err(error)) => Err(Fault::of_codec(&error)),
        Err(_) => Err(Fault::Undecodable),
    }
}

/// What an event does to a read model.
pub(crate) enum Step<'e, M: ReadModel> {
    /// It touches rows.
    Touch {
        envelope: &'e Envelope,
        bytes: usize,
        event: M::Heard,
        keys: Vec<Key>,
    },
    /// It is heard, and it cannot be told which rows it touches.
    Poison { envelope: &'e Envelope, fault: Fault },
}

impl<M: ReadModel> Step<'_, M> {
    /// The rows that it touches, as far as that can be told.
    fn keys(&self) -> Vec<RowKey> {
        match self {
            Self::Touch { envelope, keys, .. } => {
                keys.iter().map(|key| (envelope.stream.tenant, *key)).collect()
            }
            Self::Poison { .. } => Vec::new(),
        }
    }
}

/// What a page of events does to a read model, in order; nothing when it hears none of them.
pub(crate) fn steps<'e, M: ReadModel>(hearing: Hearing<'_>, page: &'e [Recorded]) -> Vec<Step<'e, M>> {
    let heard = page
        .iter()
        .filter(|event| hears::<M>(hearing.skips, &event.envelope));
    heard
        .flat_map(|event| steps_of(&event.envelope, event.payload.len(), say(hearing.codec, event)))
        .collect()
}

/// Whether a read model listens to an event.
pub(crate) fn hears<M: ReadModel>(skips: &Skips, envelope: &Envelope) -> bool {
    M::Heard::CATEGORIES.contains(&envelope.stream.category) && !skips.leave_out(envelope)
}

/// What an event of so many bytes does to a read model that hears it.
pub(crate) fn steps_of<M: ReadModel>(envelope: &Envelope, bytes: usize, said: Said) -> Vec<Step<'_, M>> {
    let poison = |fault| vec![Step::Poison { envelope, fault }];
    let facts = match said {
        Ok(facts) => facts,
        Err(fault) => return poison(fault),
    };
    let touch = |event: M::Heard| {
        let keys = M::keys(&event, envelope);
        (!keys.is_empty()).then_some(Step::Touch {
            envelope,
            bytes,
            event,
            keys,
        })
    };
    let heard = facts.into_iter().filter_map(M::Heard::of);
    catch_unwind(AssertUnwindSafe(|| heard.filter_map(touch).collect()))
        .unwrap_or_else(|_| poison(Fault::FoldFailed))
}

/// What a row takes at least, in bytes.
const ROW_BYTES: usize = 500;

/// About what a row takes that is so long as JSON.
const fn bytes_of(json: &str) -> usize {
    ROW_BYTES + 2 * json.len()
}

/// A row during the fold.
struct Held<R> {
    /// Apart from the map, which moves what it holds as it grows.
    now: Option<Box<(Position, R)>>,
    changed: bool,
    unreadable: bool,
    /// About how many bytes it takes.
    bytes: usize,
    /// In which round it was touched last.
    round: u64,
}

impl<R> Held<R> {
    fn row(&self) -> Option<&R> {
        self.now.as_ref().map(|now| &now.1)
    }

    /// Takes the place of what was before, in its box if there is one.
    fn become_row(&mut self, position: Position, after: Option<R>) {
        match (&mut self.now, after) {
            (Some(now), Some(row)) => **now = (position, row),
            (now, after) => *now = after.map(|row| Box::new((position, row))),
        }
    }
}

impl<R> Default for Held<R> {
    fn default() -> Self {
        Self {
            now: None,
            changed: false,
            unreadable: false,
            bytes: ROW_BYTES,
            round: 0,
        }
    }
}

/// Rows that are being folded.
pub(crate) struct Rows<M: ReadModel> {
    held: HashMap<RowKey, Held<M::Row>>,
    /// What waits, and from which event on.
    waiting: BTreeMap<(OrganisationId, Uuid), Position>,
    parked: Vec<Parked>,
    /// How often an event is tried before its rows wait.
    tries: u32,
    round: u64,
    bytes: usize,
    /// The keys of those that have to be written.
    changed: Vec<RowKey>,
}

impl<M: ReadModel> Rows<M> {
    /// No rows, beside what waits; an event that fails is tried once.
    pub(crate) fn new(parked: &[Parked]) -> Self {
        Self::patient(parked, 1)
    }

    /// The same, with so many tries.
    pub(crate) fn patient(parked: &[Parked], tries: u32) -> Self {
        Self {
            held: HashMap::new(),
            waiting: parked
                .iter()
                .map(|parked| ((parked.tenant, parked.link), parked.position))
                .collect(),
            parked: Vec::new(),
            tries,
            round: 0,
            bytes: 0,
            changed: Vec::new(),
        }
    }

    /// Rows from now on are touched later than those before.
    pub(crate) const fn next_round(&mut self) {
        self.round += 1;
    }

    /// True when the row is held, even if only to know that there is none.
    pub(crate) fn holds(&self, key: &RowKey) -> bool {
        self.held.contains_key(key)
    }

    /// About how many bytes all rows take.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many rows have to be written.
    pub(crate) const fn changed(&self) -> usize {
        self.changed.len()
    }

    pub(crate) fn hold(&mut self, raw: &RawRow) {
        let read = raw.read::<M>();
        let bytes = bytes_of(&raw.json);
        self.bytes += bytes;
        self.held.insert(
            (raw.tenant, raw.key),
            Held {
                unreadable: read.is_err(),
                now: read
                    .ok()
                    .map(|stored| Box::new((stored.position, Arc::unwrap_or_clone(stored.row)))),
                changed: false,
                bytes,
                round: self.round,
            },
        );
    }

    /// What is held is written now.
    pub(crate) fn written(&mut self) {
        for key in self.changed.drain(..) {
            if let Some(held) = self.held.get_mut(&key) {
                held.changed = false;
            }
        }
        self.parked.clear();
    }

    /// Lets go of the rows that were touched longest ago, about half of them, and gives their keys. Those that changed
    /// since rows were written stay; all others must be in the table.
    pub(crate) fn forget_half(&mut self) -> Vec<RowKey> {
        let mut rounds: Vec<u64> = self.held.values().map(|held| held.round).collect();
        let middle = rounds.len() / 2;
        if middle == rounds.len() {
            return Vec::new();
        }
        let last = *rounds.select_nth_unstable(middle).1;
        let forgotten = self
            .held
            .extract_if(|_, held| held.round <= last && !held.changed);
        let forgotten = forgotten.map(|(key, _)| key).collect();
        self.bytes = self.held.values().map(|held| held.bytes).sum();
        forgotten
    }

    /// Rows are folded anew from their first event while others wait since a later one.
    fn waits(&self, envelope: &Envelope, link: Uuid) -> bool {
        let since = self.waiting.get(&(envelope.stream.tenant, link));
        since.is_some_and(|since| envelope.position >= *since)
    }

    fn park(&mut self, envelope: &Envelope, link: Uuid, fault: Fault) {
        let tenant = envelope.stream.tenant;
        if let Entry::Vacant(free) = self.waiting.entry((tenant, link)) {
            free.insert(envelope.position);
            self.parked.push(Parked {
                tenant,
                link,
                position: envelope.position,
                fault,
            });
        }
    }

    pub(crate) fn fold(&mut self, step: Step<'_, M>) {
        match step {
            Step::Touch {
                envelope,
                bytes,
                event,
                keys,
            } => {
                if self.waits(envelope, envelope.stream.id) {
                    return;
                }
                for key in keys {
                    self.fold_one(key, &event, envelope, bytes);
                }
            }
            Step::Poison { envelope, fault } => self.park_unknown(envelope, fault),
        }
    }

    fn fold_one(&mut self, key: Key, event: &M::Heard, envelope: &Envelope, bytes: usize) {
        let tenant = envelope.stream.tenant;
        if self.waits(envelope, key.link()) {
            return;
        }
        let (known, round) = (self.held.len(), self.round);
        let held = self.held.entry((tenant, key)).or_default();
        if held.unreadable {
            return self.park(envelope, key.link(), Fault::RowUnreadable);
        }
        held.round = round;
        held.bytes += bytes;
        let after = apply::<M>(key, held.row(), event, envelope, self.tries);
        let mut failed = false;
        match after {
            Some(after) if after.as_ref() == held.row() => {}
            Some(after) => {
                held.become_row(envelope.position, after);
                if !held.changed {
                    held.changed = true;
                    self.changed.push((tenant, key));
                }
            }
            None => failed = true,
        }
        self.bytes += bytes + if self.held.len() > known { ROW_BYTES } else { 0 };
        if failed {
            self.park(envelope, key.link(), Fault::FoldFailed);
        }
    }

    /// Parks what an unreadable event may be about: the stream it is in, and, when that stream has no row of its own,
    /// the rows it is linked to. A first event of a row has neither; its stream waits.
    fn park_unknown(&mut self, envelope: &Envelope, fault: Fault) {
        let tenant = envelope.stream.tenant;
        self.park(envelope, envelope.stream.id, fault);
        let has_row = |id: Uuid| {
            let held = self.held.get(&(tenant, Key::bare(id)));
            held.is_some_and(|held| held.now.is_some())
        };
        if !has_row(envelope.stream.id) {
            let linked: Vec<Uuid> = envelope
                .links
                .iter()
                .copied()
                .filter(|link| has_row(*link))
                .collect();
            for link in linked {
                self.park(envelope, link, fault);
            }
        }
    }

    /// The changed rows as they are to be written, and the keys of the rows that are no more, both in order. A row that
    /// cannot be written stays as it was, and waits.
    pub(crate) fn changes(&mut self) -> (Vec<FullRow>, Vec<RowKey>) {
        let (mut written, mut removed, mut broken) = (Vec::new(), Vec::new(), Vec::new());
        self.changed.sort_unstable();
        for &(tenant, key) in &self.changed {
            let Some(held) = self.held.get_mut(&(tenant, key)) else {
                continue;
            };
            match &held.now {
                None => removed.push((tenant, key)),
                Some(now) => match encode::<M>(&now.1) {
                    Some((json, columns)) => {
                        let bytes = bytes_of(&json);
                        self.bytes = self.bytes + bytes - held.bytes;
                        held.bytes = bytes;
                        let row = RawRow {
                            tenant,
                            key,
                            position: now.0,
                            json,
                        };
                        written.push((row, columns));
                    }
                    None => broken.push(Parked {
                        tenant,
                        link: key.link(),
                        position: now.0,
                        fault: Fault::RowUnwritable,
                    }),
                },
            }
        }
        for parked in broken {
            if let Entry::Vacant(free) = self.waiting.entry((parked.tenant, parked.link)) {
                free.insert(parked.position);
                self.parked.push(parked);
            }
        }
        (written, removed)
    }

    /// What waits because of the events that were folded since rows were written.
    pub(crate) fn parked(&self) -> &[Parked] {
        &self.parked
    }
}

/// The row after an event; `None` when the code failed so many times.
fn apply<M: ReadModel>(
    key: Key,
    before: Option<&M::Row>,
    event: &M::Heard,
    envelope: &Envelope,
    tries: u32,
) -> Option<Option<M::Row>> {
    (0..tries).find_map(|_| {
        let before = before.cloned();
        catch_unwind(AssertUnwindSafe(|| M::apply(key, before, event, envelope))).ok()
    })
}

/// Says which events cannot be folded.
pub(crate) fn report_parked<M: ReadModel>(parked: &[Parked]) {
    for parked in parked {
        error!(
            read_model.name = M::NAME,
            event.position = parked.position.0,
            code = parked.fault.code(),
            "an event cannot be folded; its rows wait until a person has looked"
        );
    }
}

fn encode<M: ReadModel>(row: &M::Row) -> Option<(String, Vec<Value>)> {
    let columns = catch_unwind(AssertUnwindSafe(|| M::columns(row))).ok()?;
    let fits = columns.len() == M::COLUMNS.len()
        && columns.iter().zip(M::COLUMNS).all(|(value, column)| {
            value.fits(column.kind) && !(column.required && matches!(value, Value::Null(_)))
        });
    fits.then(|| serde_json::to_string(row).ok())
        .flatten()
        .map(|json| (json, columns))
}

/// How the folding of a page ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Page {
    /// Rows and checkpoint are written. The keys are those that events touched, as often as they did.
    Written(Claim, Vec<RowKey>),
    /// Somebody else has taken over, or the table is gone. Nothing is written.
    Fenced,
    /// An event could not be folded, and it is to be tried again first. Nothing is written.
    Poisoned(Position),
}

/// What to do with an event that cannot be folded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnPoison {
    /// Give the page back: what was read, from the log or from the table, may have been at fault.
    Retry,
    /// Let its rows wait.
    Park,
}

/// Folds a page of events into a table: rows and checkpoint in one transaction. `to` is the position after which the
/// next page begins; the events are those of the log between the claim's position and that one.
pub(crate) async fn fold_page<M: ReadModel>(
    db: &Db,
    table: &Table<M>,
    claim: Claim,
    steps: Vec<Step<'_, M>>,
    to: Position,
    on_poison: OnPoison,
) -> Result<Page, DbError> {
    let mut tx = db.begin().await?;
    let page = fold_page_in(&mut tx, table, claim, steps, to, on_poison).await?;
    if matches!(page, Page::Written(..)) {
        tx.commit().await?;
    }
    Ok(page)
}

/// The same, within a transaction.
pub(crate) async fn fold_page_in<M: ReadModel>(
    tx: &mut Tx,
    table: &Table<M>,
    claim: Claim,
    steps: Vec<Step<'_, M>>,
    to: Position,
    on_poison: OnPoison,
) -> Result<Page, DbError> {
    // The checkpoint comes first: its lock keeps repairs and other writers out until the transaction ends.
    if !table.advance(tx, claim, to).await? {
        return Ok(Page::Fenced);
    }
    let claim = Claim {
        position: to,
        fence: claim.fence,
    };
    if steps.is_empty() {
        return Ok(Page::Written(claim, Vec::new()));
    }
    let mut rows = Rows::<M>::new(&table.parked(tx).await?);
    for raw in table.load(tx, &touched(&steps)).await? {
        rows.hold(&raw);
    }
    let keys = steps.iter().flat_map(Step::keys).collect();
    for step in steps {
        rows.fold(step);
    }
    let (changed, removed) = rows.changes();
    if let (OnPoison::Retry, Some(first)) = (on_poison, rows.parked.first()) {
        return Ok(Page::Poisoned(first.position));
    }
    report_parked::<M>(&rows.parked);
    table.upsert(tx, changed).await?;
    table.delete(tx, &removed).await?;
    table.park(tx, &rows.parked).await?;
    Ok(Page::Written(claim, keys))
}

/// The keys of the rows that events touch, or may be about.
pub(crate) fn touched<M: ReadModel>(steps: &[Step<'_, M>]) -> Vec<RowKey> {
    let keys: BTreeSet<RowKey> = steps
        .iter()
        .flat_map(|step| {
            let (envelope, keys) = match step {
                Step::Touch { envelope, keys, .. } => (envelope, keys.clone()),
                Step::Poison { envelope, .. } => {
                    let ids = envelope.links.iter().copied().chain([envelope.stream.id]);
                    (envelope, ids.map(Key::bare).collect())
                }
            };
            keys.into_iter().map(|key| (envelope.stream.tenant, key))
        })
        .collect();
    keys.into_iter().collect()
}

/// The fold of a few events in memory, for time travel and repairs.
pub(crate) struct Replay<M: ReadModel> {
    rows: Rows<M>,
}

impl<M: ReadModel> Replay<M> {
    pub(crate) fn new() -> Self {
        Self::beside(&[])
    }

    /// The same, while other rows wait.
    pub(crate) fn beside(parked: &[Parked]) -> Self {
        Self {
            rows: Rows::new(parked),
        }
    }

    /// Goes on from rows that were folded before.
    pub(crate) fn from(rows: impl IntoIterator<Item = Stored<M::Row>>) -> Self {
        let mut replay = Self::new();
        replay.rows.held = rows
            .into_iter()
            .map(|stored| {
                let held = Held {
                    now: Some(Box::new((stored.position, Arc::unwrap_or_clone(stored.row)))),
                    ..Held::default()
                };
                ((stored.tenant, stored.key), held)
            })
            .collect();
        replay
    }

    /// The rows as they are so far.
    pub(crate) fn so_far(&self) -> impl Iterator<Item = (RowKey, Position, &M::Row)> {
        self.rows.held.iter().filter_map(|(key, held)| {
            let (position, row) = held.now.as_deref()?;
            Some((*key, *position, row))
        })
    }

    /// Folds one more event.
    ///
    /// # Errors
    /// What is wrong, when the event cannot be folded.
    pub(crate) fn fold(&mut self, hearing: Hearing<'_>, recorded: &Recorded) -> Result<(), Fault> {
        self.fold_or_park(hearing, recorded);
        match self.rows.parked.first() {
            None => Ok(()),
            Some(parked) => Err(parked.fault),
        }
    }

    /// Folds one more event as a page of the log is folded: what cannot be folded lets its rows wait.
    pub(crate) fn fold_or_park(&mut self, hearing: Hearing<'_>, recorded: &Recorded) {
        for step in steps::<M>(hearing, std::slice::from_ref(recorded)) {
            self.rows.fold(step);
        }
    }

    /// The rows that are there now, in the order of their keys.
    pub(crate) fn rows(self) -> Vec<Stored<M::Row>> {
        let held = self.rows.held.into_iter();
        let mut rows: Vec<_> = held
            .filter_map(|((tenant, key), held)| {
                let (position, row) = *held.now?;
                Some(Stored {
                    tenant,
                    key,
                    position,
                    row: Arc::new(row),
                })
            })
            .collect();
        rows.sort_unstable_by_key(|stored| (stored.tenant, stored.key));
        rows
    }

    /// The rows that are there now, as they are to be written, and what waits from now on.
    pub(crate) fn written(mut self) -> (Vec<FullRow>, Vec<Parked>) {
        let (written, _) = self.rows.changes();
        (written, self.rows.parked)
    }
}

/// The keys of the rows that an event touches, if that can be told.
pub(crate) fn touched_keys<M: ReadModel>(hearing: Hearing<'_>, recorded: &Recorded) -> Vec<Key> {
    let steps = steps::<M>(hearing, std::slice::from_ref(recorded)).into_iter();
    steps
        .flat_map(|step| match step {
            Step::Touch { keys, .. } => keys,
            Step::Poison { .. } => Vec::new(),
        })
        .collect()
}
