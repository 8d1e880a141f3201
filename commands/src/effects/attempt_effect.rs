//! A call that costs money or reaches a person is about to be made.

use async_trait::async_trait;
use domain::{
    effect::{Effect, EffectCommand, attempt::Attempt, events::About},
    ids::EffectId,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// The attempt.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptEffect {
    /// Which effect.
    pub effect: EffectId,
    /// What it is for.
    pub about: About,
    /// Name of the deed.
    pub deed: String,
    /// Which attempt: one more than the last in the log.
    pub attempt: u32,
}

#[async_trait]
impl UseCase for AttemptEffect {
    const OPERATION: &'static str = "attemptEffect";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let attempt = Attempt {
            effect: self.effect,
            about: self.about,
            deed: self.deed.clone(),
            attempt: self.attempt,
        };
        unit.decide::<Effect>(self.effect.uuid(), EffectCommand::Attempt(attempt))
            .await?;
        Ok(())
    }
}
