//! Rows as they were, and rows that are folded again: the events of one id, in order.

use std::collections::BTreeSet;

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
    fold::Replay,
    model::{Key, ReadModel, Stored},
    runner::{Ground, RunError},
    sql::DbError,
    table::{self, Table},
};

/// A row could not be folded from its events.
#[derive(Debug, thiserror::Error)]
pub enum AsOfError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// An event cannot be folded.
    #[error("the event at {position} cannot be folded: {code}")]
    Poison {
        /// Which event.
        position: Position,
        /// Short code of what failed.
        code: &'static str,
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
    let mut replay = Replay::new();
    let mut events = log.read(Query::forward(Filter::Link { tenant, link }).until(until));
    while let Some(event) = events.next().await {
        let event: Recorded = event?;
        replay.fold(codec, &event).map_err(|code| AsOfError::Poison {
            position: event.envelope.position,
            code,
        })?;
    }
    Ok(replay)
}

/// Rows that waited could not be mended.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    /// There is no read model of this name, or it has no table yet.
    #[error("there is no read model called {0}")]
    Unknown(String),
    /// The event still cannot be folded.
    #[error("the rows still have to wait")]
    StillPoisoned(#[from] AsOfError),
    /// The tables failed.
    #[error("the rows that wait could not be folded again")]
    Failed(#[from] RunError),
}

impl From<DbError> for RetryError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

/// Folds the rows of a link again, from their first event to the checkpoint, and lets them go on; with it every row
/// that the link's events touch, because those may have missed what waited. In one transaction under the lock of the
/// checkpoint: for so long the read model waits.
pub(crate) async fn retry<M: ReadModel>(
    ground: &Ground,
    tenant: OrganisationId,
    link: Uuid,
) -> Result<(), RetryError> {
    let mut tx = ground.db.begin().await?;
    let unknown = || RetryError::Unknown(M::NAME.to_owned());
    let live = table::live_in(&mut tx, M::NAME).await?.ok_or_else(unknown)?;
    let table = Table::<M>::named(live.table);
    let until = table.lock(&mut tx).await?.ok_or_else(unknown)?;
    let Ground { log, codec, .. } = ground;
    let touched = replay::<M>(&**log, codec, tenant, link, until).await?.rows();
    let links: BTreeSet<Uuid> = touched
        .iter()
        .map(|stored| stored.key.link())
        .chain([link])
        .collect();
    for link in links {
        let written = replay::<M>(&**log, codec, tenant, link, until).await?.written();
        let Some(mut written) = written else {
            return Err(AsOfError::Poison {
                position: until,
                code: crate::fold::ROW_UNWRITABLE,
            }
            .into());
        };
        // The link's events may touch rows of other links, of which they know only a part.
        written.retain(|(row, _)| row.key.link() == link);
        table.delete_link(&mut tx, tenant, link).await?;
        table.upsert(&mut tx, &written).await?;
        table.unpark(&mut tx, tenant, link).await?;
    }
    tx.commit().await?;
    Ok(())
}
