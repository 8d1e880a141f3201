//! All attempts failed: the effect becomes a dead letter for people to look at.

use async_trait::async_trait;
use domain::{
    effect::{Effect, EffectCommand, events::About, give_up::GiveUp},
    ids::EffectId,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// The end of trying.
#[derive(Clone, Debug, Serialize)]
pub struct GiveUpEffect {
    /// Which effect.
    pub effect: EffectId,
    /// What it is for.
    pub about: About,
    /// Name of the deed.
    pub deed: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Short code of the last failure.
    pub code: String,
}

#[async_trait]
impl UseCase for GiveUpEffect {
    const OPERATION: &'static str = "giveUpEffect";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let give_up = GiveUp {
            effect: self.effect,
            about: self.about,
            deed: self.deed.clone(),
            attempts: self.attempts,
            code: self.code.clone(),
        };
        unit.decide::<Effect>(self.effect.uuid(), EffectCommand::GiveUp(give_up))
            .await?;
        Ok(())
    }
}
