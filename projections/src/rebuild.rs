//! Building a read model anew beside the live one.

use std::time::Instant;

use domain::envelope::Position;

use crate::{
    model::ReadModel,
    runner::{Ground, Leader, RunError, Shown, Step},
    sql::DbError,
    table::{Table, begin_alone},
};

/// How far a rebuild is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Progress {
    /// Which read model.
    pub model: &'static str,
    /// Events read so far.
    pub done: u64,
    /// Events in the log, as far as is known.
    pub total: u64,
    /// Events per second so far.
    pub rate: f64,
}

/// A rebuild did not come to its end; the live table is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// There is no read model of this name.
    #[error("there is no read model called {0}")]
    Unknown(String),
    /// Another rebuild of the same read model was ready first.
    #[error("another rebuild of {0} was ready first")]
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
    /// The log or the tables failed.
    #[error("the read model could not be rebuilt")]
    Failed(#[from] RunError),
}

impl From<DbError> for RebuildError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

/// Makes an empty table of a name of its own, and leads it.
pub(crate) async fn begin<M: ReadModel>(ground: &Ground) -> Result<Leader<'_, M>, RebuildError> {
    let mut tx = begin_alone(&ground.db).await?;
    let table = Table::<M>::unused(&mut tx).await?;
    table.create(&mut tx).await?;
    let claim = table.claim_in(&mut tx).await?;
    tx.commit().await?;
    let claim = claim.ok_or(RebuildError::Overtaken(M::NAME))?;
    Ok(Leader::new(ground, table, claim))
}

/// Removes a table that is not going to be shown.
pub(crate) async fn discard<M: ReadModel>(ground: &Ground, table: &Table<M>) -> Result<(), DbError> {
    let mut tx = begin_alone(&ground.db).await?;
    table.drop(&mut tx).await?;
    tx.commit().await
}

/// Builds the read model from the first event, and shows the new table once it is no further back than the live one.
pub(crate) async fn rebuild<M: ReadModel>(
    ground: &Ground,
    report: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), RebuildError> {
    let mut leader = begin::<M>(ground).await?;
    let ended = build(ground, &mut leader, report).await;
    if ended.is_err() {
        discard(ground, &leader.table).await?;
    }
    ended
}

async fn build<M: ReadModel>(
    ground: &Ground,
    leader: &mut Leader<'_, M>,
    report: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), RebuildError> {
    let started = Instant::now();
    let mut done = 0_u64;
    loop {
        match leader.step(ground.pace.build_page, None).await? {
            Step::Folded(events) => {
                done += events as u64;
                let Position(total) = ground.log.head().await.map_err(RunError::from)?;
                report(Progress {
                    model: M::NAME,
                    done,
                    total: total.max(done),
                    rate: done as f64 / started.elapsed().as_secs_f64().max(1e-6),
                });
            }
            Step::TryAgain => tokio::time::sleep(ground.pace.pause).await,
            Step::Fenced => return Err(RebuildError::Overtaken(M::NAME)),
            Step::CaughtUp => match leader.show().await? {
                Shown::Done => return Ok(()),
                Shown::NotYet => {}
                Shown::Fenced => return Err(RebuildError::Overtaken(M::NAME)),
            },
        }
    }
}
