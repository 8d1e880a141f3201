//! A person's data is to be erased: asked for by the person or by an admin, done in the background.

use async_trait::async_trait;
use domain::{
    account::Account,
    data_subject::{DataSubject, DataSubjectCommand, request_erasure::RequestErasure},
    ids::{AccountId, SubjectId},
    refusal::Refusal,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// An erasure.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EraseSubject {
    /// Whose account.
    pub account: AccountId,
    /// Who asks.
    pub by: AccountId,
}

#[async_trait]
impl UseCase for EraseSubject {
    const OPERATION: &'static str = "eraseSubject";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let account: Account = unit.load(self.account.uuid()).await?;
        if !account.is_registered() {
            return Err(Refusal::NotFound { what: "account" }.into());
        }
        let subject = SubjectId::of(self.account);
        let request = RequestErasure {
            account: self.account,
            subject,
            by: self.by,
        };
        unit.decide::<DataSubject>(subject.uuid(), DataSubjectCommand::RequestErasure(request))
            .await?;
        Ok(())
    }
}
