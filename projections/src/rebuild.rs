//! Building a read model anew beside the live one, and going back to the one before.
//!
//! Several are built in one pass over the log ([`build`](crate::build)). A build that was broken off is gone on with by the
//! next one: its table says how far it is. Nothing is done but rows written: effects are no read model.

use tokio_util::sync::CancellationToken;

pub use crate::build::{Progress, RebuildError};
use crate::{
    build::{Build, Builder, Filling, fill},
    ground::{Ground, RunError},
    model::ReadModel,
    runner::Leader,
    sql::DbError,
    table::{Role, Table, begin_alone, live_in},
};

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

/// Goes on with the build that was broken off, or begins one. A build that is ahead of the log is of another log, and is
/// thrown away.
pub(crate) async fn go_on<M: ReadModel>(ground: &Ground) -> Result<Box<dyn Builder>, RebuildError> {
    let head = ground.log.head().await.map_err(RunError::from)?;
    let mut tx = begin_alone(&ground.db).await?;
    if let Some(begun) = Table::<M>::beside(&mut tx, Role::Building).await? {
        if begun
            .lock(&mut tx)
            .await?
            .is_some_and(|position| position <= head)
        {
            let claim = begun.claim_in(&mut tx).await?;
            tx.commit().await?;
            let claim = claim.ok_or(RebuildError::Overtaken(M::NAME))?;
            return Ok(Box::new(Build::begin(ground, begun, claim).await?));
        }
        begun.drop(&mut tx).await?;
    }
    let table = Table::<M>::unused(&mut tx).await?;
    table.create(&mut tx).await?;
    table.set_role(&mut tx, Role::Building).await?;
    let claim = table.claim_in(&mut tx).await?;
    tx.commit().await?;
    let claim = claim.ok_or(RebuildError::Overtaken(M::NAME))?;
    Ok(Box::new(Build::begin(ground, table, claim).await?))
}

/// Fills new tables in one pass over the log, and shows each once it is no further back than the live one.
pub(crate) async fn fill_and_show(
    ground: &Ground,
    mut builders: Vec<Box<dyn Builder>>,
    report: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), RebuildError> {
    loop {
        builders = fill(ground, builders, report, &CancellationToken::new()).await?;
        let head = ground.log.head().await.map_err(RunError::from)?;
        let mut filled = builders.iter().filter(|builder| builder.filling() == Filling::On);
        if filled.all(|builder| head.0.saturating_sub(builder.position().0) <= ground.pace.far) {
            break;
        }
    }
    for builder in builders {
        builder.finish(ground).await?;
    }
    Ok(())
}

/// Brings the table that was live before up to date and shows it again; the present one is the way back then.
pub(crate) async fn switch_back<M: ReadModel>(
    ground: &Ground,
    report: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), RebuildError> {
    let mut tx = begin_alone(&ground.db).await?;
    let live = live_in(&mut tx, M::NAME).await?;
    let Some(previous) = Table::<M>::beside(&mut tx, Role::Previous).await? else {
        let others = match live {
            Some(live) => Table::<M>::named(live.table).others(&mut tx).await?,
            None => Vec::new(),
        };
        return Err(if others.is_empty() {
            RebuildError::NoWayBack(M::NAME)
        } else {
            RebuildError::OtherCode(M::NAME)
        });
    };
    let claim = previous.claim_in(&mut tx).await?;
    tx.commit().await?;
    let claim = claim.ok_or(RebuildError::NoWayBack(M::NAME))?;
    let builder = Build::begin(ground, previous, claim).await?;
    fill_and_show(ground, vec![Box::new(builder)], report).await
}

/// Drops every table of the read model but the live one: the way back, and what is being built. True when there was one.
pub(crate) async fn drop_others<M: ReadModel>(ground: &Ground) -> Result<bool, DbError> {
    let mut tx = begin_alone(&ground.db).await?;
    let Some(live) = live_in(&mut tx, M::NAME).await? else {
        return Ok(false);
    };
    let others = Table::<M>::named(live.table).others(&mut tx).await?;
    for other in &others {
        other.drop(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(!others.is_empty())
}
