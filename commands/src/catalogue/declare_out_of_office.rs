//! An interviewer is away.

use async_trait::async_trait;
use domain::{
    account::Account,
    actor::Role,
    availability::{Availability, declare_out_of_office::DeclareOutOfOffice as Declare},
    ids::{AbsenceId, AccountId},
    refusal::Refusal,
    time::Span,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::set_availability::must_be_interviewer;

/// An absence.
#[derive(Clone, Debug, Serialize)]
pub struct DeclareOutOfOffice {
    /// Who is away.
    pub account: AccountId,
    /// From the first moment away to the first moment back.
    pub span: Span,
    /// Whom to turn to meanwhile: somebody who meets candidates or runs interviews.
    pub delegate: Option<AccountId>,
}

/// The absence that was declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Declared {
    /// The absence.
    pub absence: AbsenceId,
}

#[async_trait]
impl UseCase for DeclareOutOfOffice {
    const OPERATION: &'static str = "declareOutOfOffice";
    type Output = Declared;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Declared, CommandError> {
        must_be_interviewer(unit, self.account).await?;
        if let Some(delegate) = self.delegate {
            must_be_able_to_stand_in(unit, delegate).await?;
        }
        let absence = unit.mint();
        let declare = Declare {
            account: self.account,
            absence,
            span: self.span,
            delegate: self.delegate,
        };
        unit.decide::<Availability>(self.account.uuid(), declare.into())
            .await?;
        Ok(Declared { absence })
    }
}

/// Candidates stand in for nobody, and who they are is nobody's business here: they are answered like strangers.
async fn must_be_able_to_stand_in(unit: &mut Unit<'_>, delegate: AccountId) -> Result<(), CommandError> {
    let delegate: Account = unit.load(delegate.uuid()).await?;
    let roles = [Role::Interviewer, Role::Recruiter, Role::Admin];
    if !roles.into_iter().any(|role| delegate.has(role)) {
        return Err(Refusal::NotFound { what: "delegate" }.into());
    }
    Ok(())
}
