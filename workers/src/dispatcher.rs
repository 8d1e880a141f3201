//! Follows the log and writes down what it wants done.
//!
//! States of processes, effect rows and the checkpoint are written in one transaction, so an event is heard once. Any
//! number of nodes may follow; the checkpoint lets only one of them write each batch.

use std::{collections::HashMap, sync::Arc};

use domain::{
    envelope::{Envelope, Position, Recorded},
    fact::Fact,
    ids::{InterviewId, OrganisationId},
    processes::{self, state::InterviewProcess},
};
use futures::TryStreamExt;
use store::{
    codec::{Codec, CodecError},
    log::{Filter, Log, Query, ReadError},
};

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
        source: CodecError,
    },
}

/// Follows one log into one effects database.
#[derive(Clone)]
pub struct Dispatcher {
    log: Arc<dyn Log>,
    codec: Codec,
    db: Db,
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher").finish_non_exhaustive()
    }
}

impl Dispatcher {
    /// A dispatcher that follows `log`, read through `codec`, into `db`.
    pub const fn new(log: Arc<dyn Log>, codec: Codec, db: Db) -> Self {
        Self { log, codec, db }
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
        let heard = self.decode(events)?;
        let mut states = self.load(&heard).await?;
        let mut changed: Vec<(OrganisationId, InterviewId)> = Vec::new();
        let mut changes = Changes::default();
        for (envelope, fact) in &heard {
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
                .extend(wanted.into_iter().map(|wanted| (wanted, (*envelope).clone())));
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

    fn decode<'e>(&self, events: &'e [Recorded]) -> Result<Vec<(&'e Envelope, Fact)>, DispatchError> {
        let mut heard = Vec::with_capacity(events.len());
        for event in events {
            let facts = self.codec.decode(event).map_err(|source| DispatchError::Decode {
                position: event.envelope.position,
                source,
            })?;
            heard.extend(facts.into_iter().map(|fact| (&event.envelope, fact)));
        }
        Ok(heard)
    }

    async fn load(
        &self,
        heard: &[(&Envelope, Fact)],
    ) -> Result<HashMap<(OrganisationId, InterviewId), InterviewProcess>, DispatchError> {
        let mut keys: Vec<_> = heard
            .iter()
            .filter_map(|(envelope, fact)| Some((envelope.stream.tenant, processes::interview_of(fact)?)))
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
