//! Events that could not be folded, the rows that wait for them, and what people do about it: try again, or go on without
//! the event.
//!
//! Rows that go on are folded anew from their first event, together with every row that missed events because of them;
//! what comes of it is what a fold of the whole log makes.

use std::collections::BTreeSet;

use domain::{
    envelope::{Envelope, Position, Recorded},
    ids::OrganisationId,
};
use futures::StreamExt;
use store::log::{Events, Filter, Log, Query, ReadError};
use tracing::info;
use uuid::Uuid;

use crate::{
    fault::Fault,
    fold::{Replay, touched_keys},
    ground::{Ground, RunError},
    model::{Key, ReadModel},
    skips::{Hearing, Skip, Skips, skip_of},
    sql::{Db, DbError, Tx},
    subject::Subject,
    table::{self, Claim, Parked, Table},
};

/// An event that a read model could not fold, and what waits for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParkedEvent {
    /// The read model's name.
    pub model: &'static str,
    /// The event; what is in it is not told.
    pub envelope: Envelope,
    /// Bytes of its payload.
    pub bytes: usize,
    /// Why it could not be folded.
    pub fault: Fault,
    /// The things that wait: rows whose keys begin with the id of one, and later events of streams with such an id.
    pub waiting: Vec<Subject>,
    /// How many rows there are that wait. A row that the event was to make is not there yet.
    pub rows: u64,
}

/// Nothing was done about an event that could not be folded.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    /// There is no read model of this name, or it has no table yet.
    #[error("there is no read model called {0}")]
    Unknown(String),
    /// No row of the organisation waits for that event.
    #[error("no row of {model} waits for an event at {position}")]
    NotParked {
        /// Which read model.
        model: &'static str,
        /// Which position was asked for.
        position: Position,
    },
    /// The rows still cannot be folded.
    #[error("the rows still have to wait for the event at {position}: {}", .fault.sentence())]
    StillPoisoned {
        /// The first event that still cannot be folded.
        position: Position,
        /// Why.
        fault: Fault,
    },
    /// The log or the tables failed.
    #[error("the rows that wait could not be folded again")]
    Failed(#[from] RunError),
}

impl From<DbError> for RetryError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ReadError> for RetryError {
    fn from(error: ReadError) -> Self {
        Self::Failed(error.into())
    }
}

/// What waits in a read model, one entry for each event, in their order; of one organisation, or of every one.
pub(crate) async fn parked_events(
    log: &dyn Log,
    db: &Db,
    model: &'static str,
    tenant: Option<OrganisationId>,
) -> Result<Vec<ParkedEvent>, RunError> {
    let Some(live) = table::live(db, model).await? else {
        return Ok(Vec::new());
    };
    let mut parked = table::parked(db, model).await?;
    parked.retain(|entry| tenant.is_none_or(|tenant| entry.tenant == tenant));
    let mut events: Vec<ParkedEvent> = Vec::new();
    for entry in parked {
        let rows = table::count_link(db, &live.table, entry.tenant, entry.link).await?;
        let waiting = Subject::find(log, entry.tenant, entry.link).await?;
        match events.last_mut() {
            Some(event) if event.envelope.position == entry.position => {
                event.waiting.push(waiting);
                event.rows += rows;
            }
            Some(_) | None => {
                let Some(event) = event_at(log, entry.position).await? else {
                    continue;
                };
                events.push(ParkedEvent {
                    model,
                    bytes: event.payload.len(),
                    envelope: event.envelope,
                    fault: entry.fault,
                    waiting: vec![waiting],
                    rows,
                });
            }
        }
    }
    Ok(events)
}

async fn event_at(log: &dyn Log, position: Position) -> Result<Option<Recorded>, ReadError> {
    let before = Position(position.0.saturating_sub(1));
    let query = Query::forward(Filter::All).after(before).until(position).limit(1);
    log.read(query).next().await.transpose()
}

/// Folds the rows that wait for an event again, from their first event to the checkpoint, and lets them go on. In one
/// transaction under the lock of the checkpoint: for so long the read model waits.
pub(crate) async fn retry<M: ReadModel>(
    ground: &Ground,
    tenant: OrganisationId,
    position: Position,
) -> Result<(), RetryError> {
    let unknown = || RetryError::Unknown(M::NAME.to_owned());
    let mut tx = ground.db.begin().await?;
    let live = table::live_in(&mut tx, M::NAME).await?.ok_or_else(unknown)?;
    let table = Table::<M>::named(live.table);
    let until = table.lock(&mut tx).await?.ok_or_else(unknown)?;
    let waiting = links_parked_at(&mut tx, &table, (tenant, position)).await?;
    if waiting.is_empty() {
        return Err(RetryError::NotParked {
            model: M::NAME,
            position,
        });
    }
    let still = refold(ground, &mut tx, &table, tenant, &waiting, until).await?;
    if let Some(parked) = still.iter().find(|parked| waiting.contains(&parked.link)) {
        return Err(RetryError::StillPoisoned {
            position: parked.position,
            fault: parked.fault,
        });
    }
    tx.commit().await?;
    Ok(())
}

/// Carries out a decision to leave an event out: rows that wait for it, or have folded it in, are folded anew, in one
/// transaction with the checkpoint. False: fenced off.
pub(crate) async fn leave_out<M: ReadModel>(
    ground: &Ground,
    table: &Table<M>,
    claim: Claim,
    decided: &Recorded,
) -> Result<bool, RunError> {
    let to = decided.envelope.position;
    let mut tx = ground.db.begin().await?;
    if !table.advance(&mut tx, claim, to).await? {
        return Ok(false);
    }
    if let Some(skip @ (tenant, position)) = skip_of::<M>(&ground.codec, decided) {
        let mut links = links_parked_at(&mut tx, table, skip).await?;
        let hearing = Hearing {
            codec: &ground.codec,
            skips: Skips::NONE,
        };
        if let Some(event) = event_at(&*ground.log, position).await?
            && event.envelope.stream.tenant == tenant
        {
            links.extend(touched_keys::<M>(hearing, &event).into_iter().map(Key::link));
        }
        refold(ground, &mut tx, table, tenant, &links, to).await?;
        info!(
            read_model.name = M::NAME,
            event.position = position.0,
            "an event is left out, as a person decided"
        );
    }
    tx.commit().await?;
    Ok(true)
}

async fn links_parked_at<M: ReadModel>(
    tx: &mut Tx,
    table: &Table<M>,
    (tenant, position): Skip,
) -> Result<BTreeSet<Uuid>, DbError> {
    let parked = table.parked(tx).await?.into_iter();
    let there = parked.filter(|entry| entry.tenant == tenant && entry.position == position);
    Ok(there.map(|entry| entry.link).collect())
}

/// Folds the rows of some links anew, up to a position; with them the rows that events of these links' streams touch,
/// because those did not hear them while the stream waited. Says what waits then.
async fn refold<M: ReadModel>(
    ground: &Ground,
    tx: &mut Tx,
    table: &Table<M>,
    tenant: OrganisationId,
    links: &BTreeSet<Uuid>,
    until: Position,
) -> Result<Vec<Parked>, RunError> {
    let Ground { log, codec, .. } = ground;
    let skips = Skips::of::<M>(&**log, codec, tenant, until).await?;
    let hearing = Hearing { codec, skips: &skips };
    let mut all = links.clone();
    for link in links {
        let mut events = log.read(events_of(tenant, *link, until));
        while let Some(event) = events.next().await {
            let event = event?;
            if event.envelope.stream.id == *link {
                all.extend(touched_keys::<M>(hearing, &event).into_iter().map(Key::link));
            }
        }
    }
    let mut waiting = table.parked(tx).await?;
    waiting.retain(|entry| entry.tenant != tenant || !all.contains(&entry.link));
    let mut replay = Replay::<M>::beside(&waiting);
    let mut events = Merged::of(&**log, tenant, &all, until).await?;
    while let Some(event) = events.next().await? {
        replay.fold_or_park(hearing, &event);
    }
    let (mut written, parked) = replay.written();
    // Events touch rows of other links too, of which these events are only a part.
    written.retain(|(row, _)| all.contains(&row.key.link()));
    for link in all {
        table.delete_link(tx, tenant, link).await?;
        table.unpark(tx, tenant, link).await?;
    }
    table.upsert(tx, written).await?;
    table.park(tx, &parked).await?;
    Ok(parked)
}

const fn events_of(tenant: OrganisationId, link: Uuid, until: Position) -> Query {
    Query::forward(Filter::Link { tenant, link }).until(until)
}

/// The events of several links in the order of the log, each once.
struct Merged<'l>(Vec<(Recorded, Events<'l>)>);

impl<'l> Merged<'l> {
    async fn of(
        log: &'l dyn Log,
        tenant: OrganisationId,
        links: &BTreeSet<Uuid>,
        until: Position,
    ) -> Result<Self, ReadError> {
        let mut sources = Vec::with_capacity(links.len());
        for link in links {
            let mut events = log.read(events_of(tenant, *link, until));
            if let Some(first) = events.next().await {
                sources.push((first?, events));
            }
        }
        Ok(Self(sources))
    }

    async fn next(&mut self) -> Result<Option<Recorded>, ReadError> {
        let first = self.0.iter().map(|(event, _)| event.envelope.position).min();
        let Some(first) = first else {
            return Ok(None);
        };
        let (mut found, mut index) = (None, 0);
        while let Some((event, events)) = self.0.get_mut(index) {
            if event.envelope.position > first {
                index += 1;
                continue;
            }
            match events.next().await.transpose()? {
                Some(next) => {
                    found = Some(std::mem::replace(event, next));
                    index += 1;
                }
                None => found = Some(self.0.swap_remove(index).0),
            }
        }
        Ok(found)
    }
}
