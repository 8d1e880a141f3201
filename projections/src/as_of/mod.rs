//! Rows as they were: the events of one id, in order.

mod growth;
mod kept;

use std::sync::Arc;

use domain::{
    envelope::{Position, Recorded},
    ids::OrganisationId,
};
use futures::StreamExt;
use store::{
    codec::Codec,
    log::{Events, Filter, Log, Query, ReadError},
    snapshots::Snapshots,
    vault::Vault,
};
use uuid::Uuid;

pub(crate) use self::growth::Growth;
use self::kept::Kept;
use crate::{
    fault::Fault,
    fold::Replay,
    model::{Key, ReadModel, Stored},
    skips::{Hearing, Skips},
};

/// A row could not be folded from its events.
#[derive(Debug, thiserror::Error)]
pub enum AsOfError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// An event cannot be folded.
    #[error("the event at {position} cannot be folded: {}", .fault.sentence())]
    Poison {
        /// Which event.
        position: Position,
        /// What failed.
        fault: Fault,
    },
}

/// The past of every read model, folded from the log by the same functions as the present.
#[derive(Clone)]
pub struct Past {
    log: Arc<dyn Log>,
    codec: Codec,
    kept: Option<Kept>,
}

impl std::fmt::Debug for Past {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Past")
    }
}

/// Whose past it is, up to where, and what is left out of it.
struct Asked<'s> {
    tenant: OrganisationId,
    link: Uuid,
    until: Position,
    skips: &'s Skips,
}

/// The rows after so many events.
struct Folded<M: ReadModel> {
    replay: Replay<M>,
    /// How many events belong to the id so far.
    events: u64,
    /// How many of them were not read, because a snapshot holds them.
    spared: u64,
}

impl Past {
    /// The past that a log holds.
    pub const fn of(log: Arc<dyn Log>, codec: Codec) -> Self {
        Self {
            log,
            codec,
            kept: None,
        }
    }

    /// The same, where long histories are folded from snapshots. They are made behind the looks that miss them, and as
    /// histories grow by whoever follows the log for this past.
    #[must_use]
    pub fn with_snapshots(mut self, place: Arc<dyn Snapshots>, vault: Arc<Vault>) -> Self {
        self.kept = Some(Kept::in_place(place, vault));
        self
    }

    /// The log that it is folded from.
    pub(crate) fn log(&self) -> Arc<dyn Log> {
        self.log.clone()
    }

    /// What reads its events.
    pub(crate) fn codec(&self) -> Codec {
        self.codec.clone()
    }

    /// The row of a key as it was when the log ended at a position, folded from the events of the key's first id.
    ///
    /// # Errors
    /// [`AsOfError`], when the log cannot be read, or one of the events cannot be folded.
    pub async fn row<M: ReadModel>(
        &self,
        tenant: OrganisationId,
        key: Key,
        position: Position,
    ) -> Result<Option<Stored<M::Row>>, AsOfError> {
        let rows = self.rows::<M>(tenant, key.link(), position).await?;
        Ok(rows.into_iter().find(|stored| stored.key == key))
    }

    /// Every row that the events of one id made, as it was when the log ended at a position: an interview's scorecards,
    /// reports or messages. Right for read models whose events are all linked to that id; what those of other events say
    /// is not in it.
    ///
    /// # Errors
    /// [`AsOfError`], when the log cannot be read, or one of the events cannot be folded.
    pub async fn rows<M: ReadModel>(
        &self,
        tenant: OrganisationId,
        link: Uuid,
        position: Position,
    ) -> Result<Vec<Stored<M::Row>>, AsOfError> {
        // What was left out later was never right: it is left out of the past too.
        let skips = Skips::of::<M>(&*self.log, &self.codec, tenant, Position(u64::MAX)).await?;
        let asked = Asked {
            tenant,
            link,
            until: position,
            skips: &skips,
        };
        let folded = self.fold::<M>(&asked).await?;
        if let Some(kept) = &self.kept {
            // When another one is at it, the next look will have them made.
            let _begun = kept.fill_behind::<M>(self, tenant, link, folded.events - folded.spared);
        }
        Ok(folded.replay.rows())
    }

    async fn fold<M: ReadModel>(&self, asked: &Asked<'_>) -> Result<Folded<M>, AsOfError> {
        let (mut folded, mut events) = self.begin::<M>(asked).await?;
        while let Some(event) = events.next().await {
            self.fold_one(&mut folded, asked.skips, &event?)?;
        }
        Ok(folded)
    }

    /// What a snapshot holds and the events behind it, when the log has the event that it ends with; else nothing and all
    /// events. Whoever folds on from a snapshot begins here.
    async fn begin<M: ReadModel>(&self, asked: &Asked<'_>) -> Result<(Folded<M>, Events<'_>), AsOfError> {
        if let Some(kept) = &self.kept
            && let Some(snapshot) = kept.find::<M>(&self.codec, asked).await
        {
            let before = Position(snapshot.position.0 - 1);
            let mut events = self.log.read(asked.events().after(before));
            let first = events.next().await.transpose()?;
            let end = first.map(|event| (event.envelope.position, event.envelope.hash));
            if end == Some((snapshot.position, snapshot.hash))
                && let Some(folded) = kept::read::<M>(&snapshot, asked.tenant)
            {
                return Ok((folded, events));
            }
        }
        Ok((Folded::nothing(), self.log.read(asked.events())))
    }

    fn fold_one<M: ReadModel>(
        &self,
        folded: &mut Folded<M>,
        skips: &Skips,
        event: &Recorded,
    ) -> Result<(), AsOfError> {
        let hearing = Hearing {
            codec: &self.codec,
            skips,
        };
        folded.events += 1;
        folded
            .replay
            .fold(hearing, event)
            .map_err(|fault| AsOfError::Poison {
                position: event.envelope.position,
                fault,
            })
    }
}

impl Asked<'_> {
    fn events(&self) -> Query {
        let filter = Filter::Link {
            tenant: self.tenant,
            link: self.link,
        };
        Query::forward(filter).until(self.until)
    }
}
