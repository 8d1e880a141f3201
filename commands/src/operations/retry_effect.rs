//! A person wants a dead letter tried again, after looking at what was wrong.

use async_trait::async_trait;
use domain::{
    effect::{Effect, EffectCommand, retry::Retry},
    ids::{AccountId, EffectId},
    text::Paragraph,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// A dead letter to be tried again.
#[derive(Clone, Debug, Serialize)]
pub struct RetryEffect {
    /// Which.
    pub effect: EffectId,
    /// Who wants it; nobody on the command line.
    pub by: Option<AccountId>,
    /// Why.
    pub reason: Paragraph,
}

#[async_trait]
impl UseCase for RetryEffect {
    const OPERATION: &'static str = "retryEffect";
    type Output = ();

    /// # Errors
    /// `NotFound`, when the organisation has no such effect that was tried; `WrongState`, while it is being tried.
    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let retry = Retry {
            effect: self.effect,
            by: self.by,
            reason: self.reason.clone(),
        };
        unit.decide::<Effect>(self.effect.uuid(), EffectCommand::Retry(retry))
            .await?;
        Ok(())
    }
}
