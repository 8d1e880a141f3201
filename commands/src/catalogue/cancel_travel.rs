//! A journey is taken back.

use async_trait::async_trait;
use domain::{
    availability::{Availability, cancel_travel::CancelTravel as Cancel},
    ids::{AccountId, JourneyId},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::set_availability::must_be_interviewer;

/// A journey that will not be.
#[derive(Clone, Debug, Serialize)]
pub struct CancelTravel {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub journey: JourneyId,
}

#[async_trait]
impl UseCase for CancelTravel {
    const OPERATION: &'static str = "cancelTravel";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        must_be_interviewer(unit, self.account).await?;
        let cancel = Cancel {
            account: self.account,
            journey: self.journey,
        };
        unit.decide::<Availability>(self.account.uuid(), cancel.into())
            .await?;
        Ok(())
    }
}
