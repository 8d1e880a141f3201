//! Time travel: the state of things at a moment that was recorded, with the permissions of today.
//!
//! What a viewer may see is asked of the present tables, always and first. Only what they may see now is then folded
//! from its events up to the moment, and everything below it inherits the moment.

use async_graphql::{Context, OneofObject, Result};
use domain::{envelope, ids::OrganisationId};
use projections::model::{Key, ReadModel, Stored};

use super::{
    scalars::{DateTime, Position},
    services::services,
};
use crate::error::ApiError;

/// A moment of the past: a recorded time, or a place in the log.
#[derive(OneofObject, Clone, Copy, Debug)]
pub enum AsOf {
    /// What was recorded at or before this moment.
    At(DateTime),
    /// What was recorded up to and including this place.
    Position(Position),
}

/// History up to a place in the log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Past(envelope::Position);

impl AsOf {
    /// The history that it means. It is looked up once, so that everything in an answer is of the same moment.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a place that the log has not reached; `UNAVAILABLE` when the log cannot be read.
    pub async fn of(self, ctx: &Context<'_>) -> Result<Past> {
        let log = &services(ctx).log;
        let position = match self {
            Self::At(moment) => log.position_at(moment.0).await.map_err(ApiError::unavailable)?,
            Self::Position(Position(position)) => {
                let head = log.head().await.map_err(ApiError::unavailable)?;
                if position > head {
                    return Err(ApiError::bad_user_input("the log has not reached that position").into());
                }
                position
            }
        };
        Ok(Past(position))
    }
}

/// The history that a question means, if it is not about the present.
///
/// # Errors
/// As for [`AsOf::of`].
pub async fn past(ctx: &Context<'_>, as_of: Option<AsOf>) -> Result<Option<Past>> {
    match as_of {
        None => Ok(None),
        Some(as_of) => as_of.of(ctx).await.map(Some),
    }
}

impl Past {
    /// The history up to and including a place that the log has reached.
    pub const fn up_to(position: envelope::Position) -> Self {
        Self(position)
    }

    /// Where the log ended.
    pub const fn position(self) -> Position {
        Position(self.0)
    }

    /// A row as it was, by the same fold that makes it live; `None` when there was none.
    ///
    /// # Errors
    /// When the log cannot be read, or an event of the history cannot be folded.
    pub async fn row<M: ReadModel>(
        self,
        ctx: &Context<'_>,
        tenant: OrganisationId,
        key: Key,
    ) -> Result<Option<Stored<M::Row>>> {
        let services = services(ctx);
        let row = services.past.row::<M>(tenant, key, self.0).await;
        Ok(row.map_err(ApiError::unavailable)?)
    }
}

/// A row that the viewer may see now, as it is, or as it was; `None` when there was none.
///
/// # Errors
/// When the log cannot be read, or an event of the history cannot be folded.
pub async fn then<M: ReadModel>(
    ctx: &Context<'_>,
    past: Option<Past>,
    now: Stored<M::Row>,
) -> Result<Option<Stored<M::Row>>> {
    match past {
        None => Ok(Some(now)),
        Some(past) => past.row::<M>(ctx, now.tenant, now.key).await,
    }
}
