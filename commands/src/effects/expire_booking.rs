//! The time to agree or to pay is over: calendars, interview and payment record it in one append. Comes it too early, or
//! after the word or the money, there is nothing to record (rule C6).

use async_trait::async_trait;
use domain::{
    ids::{InterviewId, PaymentId},
    interview::{Interview, events::PanelClaim, expire::Expire},
    interviewer_calendar::{InterviewerCalendar, expire_hold::ExpireHold},
    payment::{self, Payment},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// What may have expired.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ExpireBooking {
    /// Which interview.
    pub interview: InterviewId,
    /// The payment that did not come; none where nobody had agreed yet.
    pub payment: Option<PaymentId>,
}

#[async_trait]
impl UseCase for ExpireBooking {
    const OPERATION: &'static str = "expireBooking";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        for PanelClaim { account, claim } in interview.booked()?.claims.iter().copied() {
            unit.decide::<InterviewerCalendar>(account.uuid(), ExpireHold { account, claim }.into())
                .await?;
        }
        unit.decide::<Interview>(self.interview.uuid(), Expire.into())
            .await?;
        if let Some(payment) = self.payment {
            unit.decide::<Payment>(payment.uuid(), payment::expire::Expire.into())
                .await?;
        }
        Ok(())
    }
}
