//! Somebody who was asked does not agree to a booking. Its time is free again in the same append.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId},
    interview::{Interview, decline::Decline, events::Party},
    interviewer_calendar::events::ReleaseReason,
    sealed::Sealed,
    text::Paragraph,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::{confirm_booking::must_be_asked, seats};

/// Who declines what.
#[derive(Clone, Debug, Serialize)]
pub struct DeclineBooking {
    /// Which interview.
    pub interview: InterviewId,
    /// Who declines.
    pub by: AccountId,
    /// Whether a role lets this person answer for every interview; others answer for those on whose panel they are.
    pub is_staff: bool,
    /// Why, in that person's words; the candidate reads it.
    pub reason: Option<Paragraph>,
}

#[async_trait]
impl UseCase for DeclineBooking {
    const OPERATION: &'static str = "declineBooking";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        must_be_asked(booking, self.by, self.is_staff)?;
        let reason = self.reason.as_ref();
        let decline = Decline {
            by: self.by,
            party: match booking.is_panel_member(self.by) {
                true => Party::Interviewer,
                false => Party::Organisation,
            },
            reason: reason.map(|reason| Sealed::open(booking.subject(self.by), reason.to_string())),
        };
        unit.decide::<Interview>(self.interview.uuid(), decline.into())
            .await?;
        for claim in booking.claims.iter().copied() {
            seats::release(unit, Some(claim), ReleaseReason::Cancelled).await?;
        }
        Ok(())
    }
}
