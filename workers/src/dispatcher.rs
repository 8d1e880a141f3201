//! Follows the log and writes down what it wants done.
//!
//! States of processes, effect rows and the checkpoint are written in one transaction, so an event is heard once. Any
//! number of nodes may follow; the checkpoint lets only one of them write each batch.

use std::{collections::HashMap, sync::Arc};

use domain::{
    envelope::{Position, Recorded},
    fact::Fact,
    ids::{InterviewId, OrganisationId},
    processes::{self, state::InterviewProcess},
};
use futures::TryStreamExt;
use store::log::{Filter, Log, Query, ReadError};

use crate::db::{Changes, Checkpoint, Db, DbError};

/// Most events of one transaction.
const BATCH: u64 = 500;

/// Why the log could not be followed.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The log could not be read.
    #[error("the log cannot be followed")]
    Log(#[from] ReadError),
    /// The effects database failed.
    #[error("what the log wants done cannot be written down")]
    Db(#[from] DbError),
    /// An event could not be read; nothing behind it is heard before this is mended.
    #[error("the event at {position} cannot be read")]
    Decode {
        /// Where.
        position: Position,
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Follows one log into one effects database.
#[derive(Clone)]
pub struct Dispatcher {
    log: Arc<dyn Log>,
    db: Db,
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher").finish_non_exhaustive()
    }
}

impl Dispatcher {
    /// A dispatcher that follows `log` into `db`.
    pub const fn new(log: Arc<dyn Log>, db: Db) -> Self {
        Self { log, db }
    }

    /// Hears everything up to the present head, and then lets deeds be done. Returns how far it came.
    ///
    /// # Errors
    /// [`DispatchError`]; what was heard until then stands.
    pub async fn catch_up(&self) -> Result<Position, DispatchError> {
        let head = self.log.head().await?;
        loop {
            let checkpoint = self.db.checkpoint().await?;
            if checkpoint.position < head {
                self.step(checkpoint, head).await?;
                continue;
            }
            if !checkpoint.ready {
                self.settle_accepted().await?;
                self.db.make_ready(checkpoint.epoch).await?;
            }
            return Ok(checkpoint.position);
        }
    }

    /// Hears one batch of events. When somebody else was faster, nothing is written and the next step sees it.
    async fn step(&self, from: Checkpoint, head: Position) -> Result<(), DispatchError> {
        let query = Query::forward(Filter::All)
            .after(from.position)
            .until(head)
            .limit(BATCH);
        let events: Vec<Recorded> = self.log.read(query).try_collect().await?;
        // Positions up to the head may be missing where a back end leaves gaps.
        let full = events.len() as u64 == BATCH;
        let last = events
            .last()
            .filter(|_| full)
            .map_or(head, |event| event.envelope.position);
        let changes = self.hear(&events).await?;
        self.db.advance(from, last, &changes).await?;
        Ok(())
    }

    async fn hear(&self, events: &[Recorded]) -> Result<Changes, DispatchError> {
        let facts: Vec<Fact> = events.iter().map(decode).collect::<Result<_, _>>()?;
        let mut states = self.load(events, &facts).await?;
        let mut changed: Vec<(OrganisationId, InterviewId)> = Vec::new();
        let mut changes = Changes::default();
        for (event, fact) in events.iter().zip(&facts) {
            let envelope = &event.envelope;
            let key = processes::interview_of(fact).map(|interview| (envelope.stream.tenant, interview));
            let before = key.and_then(|key| states.get(&key).cloned());
            let (after, wanted) = processes::react(before.clone(), fact, envelope);
            if let (Some(key), Some(after)) = (key, after)
                && before.as_ref() != Some(&after)
            {
                states.insert(key, after);
                changed.push(key);
            }
            changes
                .wanted
                .extend(wanted.into_iter().map(|wanted| (wanted, envelope.clone())));
            changes.progress.push(processes::progress(fact, envelope));
        }
        changed.sort_unstable();
        changed.dedup();
        changes.states = changed
            .into_iter()
            .filter_map(|key| states.remove(&key).map(|state| (key.0, key.1, state)))
            .collect();
        Ok(changes)
    }

    async fn load(
        &self,
        events: &[Recorded],
        facts: &[Fact],
    ) -> Result<HashMap<(OrganisationId, InterviewId), InterviewProcess>, DispatchError> {
        let mut keys: Vec<_> = events
            .iter()
            .zip(facts)
            .filter_map(|(event, fact)| Some((event.envelope.stream.tenant, processes::interview_of(fact)?)))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let states = self.db.states(&keys).await?;
        Ok(states
            .into_iter()
            .map(|(tenant, interview, state)| ((tenant, interview), state))
            .collect())
    }

    /// After a replay some effects look open whose outcome was accepted without an event, because everything was so
    /// already. Their receipts know.
    async fn settle_accepted(&self) -> Result<(), DispatchError> {
        for effect in self.db.open_effects().await? {
            let receipt = self.log.receipt(processes::outcome_command(effect)).await?;
            if receipt.is_some() {
                self.db.close_effect(effect).await?;
            }
        }
        Ok(())
    }
}

fn decode(event: &Recorded) -> Result<Fact, DispatchError> {
    let envelope = &event.envelope;
    Fact::decode(
        envelope.stream.category,
        &envelope.event_type,
        envelope.schema_version,
        &event.payload,
    )
    .map_err(|source| DispatchError::Decode {
        position: envelope.position,
        source: source.into(),
    })
}
