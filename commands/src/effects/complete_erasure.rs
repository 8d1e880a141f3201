//! A person's keys are destroyed and their blobs deleted.

use async_trait::async_trait;
use domain::{
    data_subject::{DataSubject, DataSubjectCommand, complete_erasure},
    ids::{AccountId, SubjectId},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// What was erased.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CompleteErasure {
    /// Whose account.
    pub account: AccountId,
    /// Whose keys.
    pub subject: SubjectId,
    /// How many keys were destroyed.
    pub keys: u32,
    /// How many blobs were deleted.
    pub blobs: u32,
}

#[async_trait]
impl UseCase for CompleteErasure {
    const OPERATION: &'static str = "completeErasure";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let completed = complete_erasure::CompleteErasure {
            account: self.account,
            subject: self.subject,
            keys: self.keys,
            blobs: self.blobs,
        };
        unit.decide::<DataSubject>(
            self.subject.uuid(),
            DataSubjectCommand::CompleteErasure(completed),
        )
        .await?;
        Ok(())
    }
}
