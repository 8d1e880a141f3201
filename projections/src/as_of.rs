//! Rows as they were: the events of one id, in order.

use domain::{
    envelope::{Position, Recorded},
    ids::OrganisationId,
};
use futures::StreamExt;
use store::{
    codec::Codec,
    log::{Filter, Log, Query, ReadError},
};
use uuid::Uuid;

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

/// The row of a key as it was when the log ended at a position, folded from the events of the key's first id.
///
/// # Errors
/// [`AsOfError`], when the log cannot be read, or one of the events cannot be folded.
pub async fn fold_as_of<M: ReadModel>(
    log: &dyn Log,
    codec: &Codec,
    tenant: OrganisationId,
    key: Key,
    position: Position,
) -> Result<Option<Stored<M::Row>>, AsOfError> {
    let rows = rows_as_of::<M>(log, codec, tenant, key.link(), position).await?;
    Ok(rows.into_iter().find(|stored| stored.key == key))
}

/// Every row that the events of one id made, as it was when the log ended at a position: an interview's scorecards,
/// reports or messages. Right for read models whose events are all linked to that id; what those of other events say
/// is not in it.
///
/// # Errors
/// [`AsOfError`], when the log cannot be read, or one of the events cannot be folded.
pub async fn rows_as_of<M: ReadModel>(
    log: &dyn Log,
    codec: &Codec,
    tenant: OrganisationId,
    link: Uuid,
    position: Position,
) -> Result<Vec<Stored<M::Row>>, AsOfError> {
    Ok(replay::<M>(log, codec, tenant, link, position).await?.rows())
}

async fn replay<M: ReadModel>(
    log: &dyn Log,
    codec: &Codec,
    tenant: OrganisationId,
    link: Uuid,
    until: Position,
) -> Result<Replay<M>, AsOfError> {
    // What was left out later was never right: it is left out of the past too.
    let skips = Skips::of::<M>(log, codec, tenant, Position(u64::MAX)).await?;
    let hearing = Hearing { codec, skips: &skips };
    let mut replay = Replay::new();
    let mut events = log.read(Query::forward(Filter::Link { tenant, link }).until(until));
    while let Some(event) = events.next().await {
        let event: Recorded = event?;
        replay.fold(hearing, &event).map_err(|fault| AsOfError::Poison {
            position: event.envelope.position,
            fault,
        })?;
    }
    Ok(replay)
}
