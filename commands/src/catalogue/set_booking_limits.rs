//! How much an interviewer takes on is set.

use async_trait::async_trait;
use domain::{
    availability::{Availability, events::BookingLimits, set_booking_limits::SetBookingLimits as Set},
    ids::AccountId,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::set_availability::must_be_interviewer;

/// How much an interviewer takes on.
#[derive(Clone, Debug, Serialize)]
pub struct SetBookingLimits {
    /// Whose.
    pub account: AccountId,
    /// The limits, in place of those before.
    pub limits: BookingLimits,
}

#[async_trait]
impl UseCase for SetBookingLimits {
    const OPERATION: &'static str = "setBookingLimits";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        must_be_interviewer(unit, self.account).await?;
        let set = Set {
            account: self.account,
            limits: self.limits,
        };
        unit.decide::<Availability>(self.account.uuid(), set.into())
            .await?;
        Ok(())
    }
}
