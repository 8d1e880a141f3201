//! The machinery, for admins.

use async_graphql::{Context, Result, SimpleObject};

use super::{scalars::Position, services::services, user_error::int};
use crate::error::ApiError;

/// How far a read model is.
#[derive(SimpleObject, Clone, Debug)]
pub struct ReadModelStatus {
    /// Its name.
    name: String,
    /// The last event that is folded in.
    position: Position,
    /// True while a new table is built beside the live one.
    rebuilding: bool,
    /// How many keys wait because of an event that could not be folded.
    parked: i32,
}

/// Deeds in the outside world.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct EffectStatus {
    /// Still to be done, due or not.
    open: i32,
    /// Given up; a person should look.
    dead: i32,
}

/// The machinery.
#[derive(SimpleObject, Clone, Debug)]
pub struct System {
    /// The last position of the log.
    head: Position,
    /// How far each read model is.
    read_models: Vec<ReadModelStatus>,
    /// Deeds in the outside world.
    effects: EffectStatus,
}

impl System {
    /// How it is now.
    ///
    /// # Errors
    /// When a database cannot be read.
    pub async fn load(ctx: &Context<'_>) -> Result<Self> {
        let services = services(ctx);
        let head = services.log.head().await.map_err(ApiError::unavailable)?;
        let models = services
            .projections
            .positions()
            .await
            .map_err(ApiError::unavailable)?;
        let counts = services.effects.counts().await.map_err(ApiError::unavailable)?;
        let model = |status: projections::projections::Status| ReadModelStatus {
            name: status.model.to_string(),
            position: Position(status.position),
            rebuilding: status.rebuilding,
            parked: int(status.parked.len()),
        };
        Ok(Self {
            head: Position(head),
            read_models: models.into_iter().map(model).collect(),
            effects: EffectStatus {
                open: int(counts.open),
                dead: int(counts.dead),
            },
        })
    }
}
