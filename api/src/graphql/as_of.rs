//! Time travel: the state of things at a moment that was recorded, with the permissions of today.

use async_graphql::{Context, OneofObject, Result};
use domain::{envelope, ids::InterviewId};
use projections::{
    as_of::fold_as_of,
    model::{Key, ReadModel, Stored},
};

use super::{
    scalars::{DateTime, Position},
    services::services,
    viewer::Viewer,
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

/// One interview's history up to a position.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    interview: InterviewId,
    position: envelope::Position,
}

impl AsOf {
    /// The history that it means.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn of(self, ctx: &Context<'_>, interview: InterviewId) -> Result<Past> {
        let position = match self {
            Self::Position(position) => position.0,
            Self::At(moment) => services(ctx)
                .log
                .position_at(moment.0)
                .await
                .map_err(ApiError::unavailable)?,
        };
        Ok(Past { interview, position })
    }
}

impl Past {
    /// A row as it was, by the same fold that makes it live. The key's first id may be another than the interview's,
    /// as long as all its events are linked to the interview.
    ///
    /// # Errors
    /// When the log cannot be read, or an event of the history cannot be folded.
    pub async fn row<M: ReadModel>(
        &self,
        ctx: &Context<'_>,
        viewer: &Viewer,
        key: Key,
    ) -> Result<Option<Stored<M::Row>>> {
        let services = services(ctx);
        let row = fold_as_of::<M>(&*services.log, &services.codec, viewer.tenant, key, self.position).await;
        Ok(row.map_err(ApiError::unavailable)?)
    }

    /// The interview itself as it was.
    ///
    /// # Errors
    /// When the log cannot be read, or an event of the history cannot be folded.
    pub async fn interview(
        &self,
        ctx: &Context<'_>,
        viewer: &Viewer,
    ) -> Result<Option<Stored<projections::interviews::Interview>>> {
        self.row::<projections::interviews::Interviews>(ctx, viewer, Key::of(self.interview))
            .await
    }
}
