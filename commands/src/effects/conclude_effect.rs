//! There is nothing left to do for an effect: what it wanted is so already, or is no longer wanted.

use async_trait::async_trait;
use domain::{effect::Effect, ids::EffectId};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// The effect that needs nothing.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ConcludeEffect {
    /// Which effect.
    pub effect: EffectId,
}

#[async_trait]
impl UseCase for ConcludeEffect {
    const OPERATION: &'static str = "concludeEffect";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        unit.load::<Effect>(self.effect.uuid()).await?;
        Ok(())
    }
}
