//! The fold that everything shares: events in, changed rows out, and the rows that have to wait.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    panic::{AssertUnwindSafe, catch_unwind},
};

use domain::{
    envelope::{Envelope, Position, Recorded},
    ids::OrganisationId,
};
use tracing::error;
use uuid::Uuid;

use crate::{
    fault::Fault,
    model::{Heard, Key, ReadModel, Stored},
    skips::Hearing,
    sql::{Db, DbError, Tx, Value},
    table::{Claim, Parked, RawRow, Table},
};

type RowKey = (OrganisationId, Key);

/// What an event does to a read model.
enum Step<'e, M: ReadModel> {
    /// It touches rows.
    Touch {
        envelope: &'e Envelope,
        event: M::Heard,
        keys: Vec<Key>,
    },
    /// It is heard, and it cannot be told which rows it touches.
    Poison { envelope: &'e Envelope, fault: Fault },
}

fn steps<'e, M: ReadModel>(hearing: Hearing<'_>, recorded: &'e Recorded) -> Vec<Step<'e, M>> {
    let envelope = &recorded.envelope;
    if !M::Heard::CATEGORIES.contains(&envelope.stream.category) || hearing.skips.leave_out(envelope) {
        return Vec::new();
    }
    let poison = |fault| vec![Step::Poison { envelope, fault }];
    let facts = match catch_unwind(AssertUnwindSafe(|| hearing.codec.decode(recorded))) {
        Ok(Ok(facts)) => facts,
        Ok(Err(error)) => return poison(Fault::of_codec(&error)),
        Err(_) => return poison(Fault::Undecodable),
    };
    let touched = catch_unwind(AssertUnwindSafe(|| {
        let heard = facts.into_iter().filter_map(M::Heard::of);
        heard
            .map(|event| (M::keys(&event, envelope), event))
            .collect::<Vec<_>>()
    }));
    let Ok(touched) = touched else {
        return poison(Fault::FoldFailed);
    };
    let steps = touched.into_iter().filter(|(keys, _)| !keys.is_empty());
    steps
        .map(|(keys, event)| Step::Touch {
            envelope,
            event,
            keys,
        })
        .collect()
}

/// A row during the fold.
struct Held<R> {
    now: Option<(Position, R)>,
    changed: bool,
    unreadable: bool,
}

impl<R> Default for Held<R> {
    fn default() -> Self {
        Self {
            now: None,
            changed: false,
            unreadable: false,
        }
    }
}

/// Rows that are being folded.
pub(crate) struct Rows<M: ReadModel> {
    held: BTreeMap<RowKey, Held<M::Row>>,
    /// What waits, and from which event on.
    waiting: BTreeMap<(OrganisationId, Uuid), Position>,
    parked: Vec<Parked>,
}

impl<M: ReadModel> Rows<M> {
    fn new(parked: &[Parked]) -> Self {
        Self {
            held: BTreeMap::new(),
            waiting: parked
                .iter()
                .map(|parked| ((parked.tenant, parked.link), parked.position))
                .collect(),
            parked: Vec::new(),
        }
    }

    fn hold(&mut self, raw: &RawRow) {
        let read = raw.read::<M>();
        self.held.insert(
            (raw.tenant, raw.key),
            Held {
                unreadable: read.is_err(),
                now: read.ok().map(|stored| (stored.position, stored.row)),
                changed: false,
            },
        );
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

    fn fold(&mut self, step: Step<'_, M>) {
        match step {
            Step::Touch {
                envelope,
                event,
                keys,
            } => {
                if self.waits(envelope, envelope.stream.id) {
                    return;
                }
                for key in keys {
                    self.fold_one(key, &event, envelope);
                }
            }
            Step::Poison { envelope, fault } => self.park_unknown(envelope, fault),
        }
    }

    fn fold_one(&mut self, key: Key, event: &M::Heard, envelope: &Envelope) {
        let tenant = envelope.stream.tenant;
        if self.waits(envelope, key.link()) {
            return;
        }
        let held = self.held.entry((tenant, key)).or_default();
        if held.unreadable {
            return self.park(envelope, key.link(), Fault::RowUnreadable);
        }
        let before = held.now.as_ref().map(|(_, row)| row.clone());
        let after = catch_unwind(AssertUnwindSafe(|| M::apply(key, before, event, envelope)));
        match after {
            Ok(after) if after.as_ref() == held.now.as_ref().map(|(_, row)| row) => {}
            Ok(after) => {
                held.now = after.map(|row| (envelope.position, row));
                held.changed = true;
            }
            Err(_) => self.park(envelope, key.link(), Fault::FoldFailed),
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

    /// The changed rows as they are to be written, and the keys of the rows that are no more. A row that cannot be
    /// written stays as it was, and waits.
    fn changes(&mut self) -> (Vec<(RawRow, Vec<Value>)>, Vec<RowKey>) {
        let (mut written, mut removed, mut broken) = (Vec::new(), Vec::new(), Vec::new());
        for (&(tenant, key), held) in self.held.iter().filter(|(_, held)| held.changed) {
            match &held.now {
                None => removed.push((tenant, key)),
                Some((position, row)) => match encode::<M>(row) {
                    Some((json, columns)) => written.push((
                        RawRow {
                            tenant,
                            key,
                            position: *position,
                            json,
                        },
                        columns,
                    )),
                    None => broken.push(Parked {
                        tenant,
                        link: key.link(),
                        position: *position,
                        fault: Fault::RowUnwritable,
                    }),
                },
            }
        }
        self.parked.extend(broken);
        (written, removed)
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Page {
    /// Rows and checkpoint are written.
    Written(Claim),
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
    hearing: Hearing<'_>,
    table: &Table<M>,
    claim: Claim,
    events: &[Recorded],
    to: Position,
    on_poison: OnPoison,
) -> Result<Page, DbError> {
    let mut tx = db.begin().await?;
    let page = fold_page_in(&mut tx, hearing, table, claim, events, to, on_poison).await?;
    if matches!(page, Page::Written(_)) {
        tx.commit().await?;
    }
    Ok(page)
}

/// The same, within a transaction.
pub(crate) async fn fold_page_in<M: ReadModel>(
    tx: &mut Tx,
    hearing: Hearing<'_>,
    table: &Table<M>,
    claim: Claim,
    events: &[Recorded],
    to: Position,
    on_poison: OnPoison,
) -> Result<Page, DbError> {
    // The checkpoint comes first: its lock keeps repairs and other writers out until the transaction ends.
    if !table.advance(tx, claim, to).await? {
        return Ok(Page::Fenced);
    }
    let written = Page::Written(Claim {
        position: to,
        fence: claim.fence,
    });
    let steps: Vec<_> = events
        .iter()
        .flat_map(|event| steps::<M>(hearing, event))
        .collect();
    if steps.is_empty() {
        return Ok(written);
    }
    let mut rows = Rows::<M>::new(&table.parked(tx).await?);
    for raw in table.load(tx, &touched(&steps)).await? {
        rows.hold(&raw);
    }
    for step in steps {
        rows.fold(step);
    }
    let (changed, removed) = rows.changes();
    if let (OnPoison::Retry, Some(first)) = (on_poison, rows.parked.first()) {
        return Ok(Page::Poisoned(first.position));
    }
    for parked in &rows.parked {
        error!(
            read_model.name = M::NAME,
            event.position = parked.position.0,
            code = parked.fault.code(),
            "an event cannot be folded; its rows wait until a person has looked"
        );
    }
    table.upsert(tx, &changed).await?;
    table.delete(tx, &removed).await?;
    table.park(tx, &rows.parked).await?;
    Ok(written)
}

fn touched<M: ReadModel>(steps: &[Step<'_, M>]) -> Vec<RowKey> {
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
        for step in steps::<M>(hearing, recorded) {
            self.rows.fold(step);
        }
    }

    /// The rows that are there now.
    pub(crate) fn rows(self) -> Vec<Stored<M::Row>> {
        let held = self.rows.held.into_iter();
        held.filter_map(|((tenant, key), held)| {
            let (position, row) = held.now?;
            Some(Stored {
                tenant,
                key,
                position,
                row,
            })
        })
        .collect()
    }

    /// The rows that are there now, as they are to be written, and what waits from now on.
    pub(crate) fn written(mut self) -> (Vec<(RawRow, Vec<Value>)>, Vec<Parked>) {
        let (written, _) = self.rows.changes();
        (written, self.rows.parked)
    }
}

/// The keys of the rows that an event touches, if that can be told.
pub(crate) fn touched_keys<M: ReadModel>(hearing: Hearing<'_>, recorded: &Recorded) -> Vec<Key> {
    let steps = steps::<M>(hearing, recorded).into_iter();
    steps
        .flat_map(|step| match step {
            Step::Touch { keys, .. } => keys,
            Step::Poison { .. } => Vec::new(),
        })
        .collect()
}
