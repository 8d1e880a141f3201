//! Somebody who runs interviews takes a no-show mark back.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId},
    interview::{Interview, retract_no_show::RetractNoShow as Retract},
    text::Paragraph,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// A mark to be taken back.
#[derive(Clone, Debug, Serialize)]
pub struct RetractNoShow {
    /// On which interview.
    pub interview: InterviewId,
    /// Who takes it back.
    pub by: AccountId,
    /// Why.
    pub reason: Paragraph,
}

#[async_trait]
impl UseCase for RetractNoShow {
    const OPERATION: &'static str = "retractNoShow";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let retract = Retract {
            by: Some(self.by),
            reason: Some(self.reason.clone()),
        };
        unit.decide::<Interview>(self.interview.uuid(), retract.into())
            .await?;
        Ok(())
    }
}
