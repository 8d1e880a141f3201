//! An absence is taken back.

use async_trait::async_trait;
use domain::{
    availability::{Availability, withdraw_out_of_office::WithdrawOutOfOffice as Withdraw},
    ids::{AbsenceId, AccountId},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::set_availability::must_be_interviewer;

/// An absence that is no more.
#[derive(Clone, Debug, Serialize)]
pub struct WithdrawOutOfOffice {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub absence: AbsenceId,
}

#[async_trait]
impl UseCase for WithdrawOutOfOffice {
    const OPERATION: &'static str = "withdrawOutOfOffice";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        must_be_interviewer(unit, self.account).await?;
        let withdraw = Withdraw {
            account: self.account,
            absence: self.absence,
        };
        unit.decide::<Availability>(self.account.uuid(), withdraw.into())
            .await?;
        Ok(())
    }
}
