//! Somebody who was asked agrees to a booking. The claims become firm, or are held on together with a payment that is
//! opened now, in one append.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, PaymentId},
    interview::{Booking, Interview, approve::Approve, events::PanelClaim, phase::Phase},
    interviewer_calendar::{InterviewerCalendar, extend_hold::ExtendHold},
    payment::{Payment, open::Open},
    refusal::Refusal,
    time::Instant,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::request_booking::confirm;

/// Who agrees to what.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ConfirmBooking {
    /// Which interview.
    pub interview: InterviewId,
    /// Who agrees.
    pub by: AccountId,
    /// Whether a role lets this person answer for every interview; others answer for those on whose panel they are.
    pub is_staff: bool,
}

#[async_trait]
impl UseCase for ConfirmBooking {
    const OPERATION: &'static str = "confirmBooking";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let before = interview.booked()?;
        must_be_asked(before, self.by, self.is_staff)?;
        let payment: PaymentId = unit.mint();
        let approve = Approve { by: self.by, payment };
        let after: Interview = unit
            .decide::<Interview>(self.interview.uuid(), approve.into())
            .await?;
        if before.phase != Phase::AwaitingApproval {
            // It was this person who had agreed before.
            return Ok(());
        }
        let booking = after.booked()?;
        match (booking.hold_expires_at, booking.quote) {
            (Some(due_at), Some(quote)) => {
                extend(unit, &booking.claims, due_at).await?;
                let open = Open {
                    payment,
                    interview: self.interview,
                    payer: booking.joined_candidate()?,
                    quote,
                    due_at,
                };
                unit.decide::<Payment>(payment.uuid(), open.into()).await?;
                Ok(())
            }
            (Some(_) | None, _) => confirm(unit, &booking.claims).await,
        }
    }
}

/// Refuses whoever was not asked: the panel is, and whoever runs interviews answers in their place. The candidate hears
/// from the decision itself that this is not theirs to say.
pub(super) fn must_be_asked(booking: &Booking, by: AccountId, is_staff: bool) -> Result<(), Refusal> {
    if is_staff || booking.is_panel_member(by) || booking.is_candidate(by) {
        return Ok(());
    }
    Err(Refusal::NotFound { what: "interview" })
}

/// Holds claimed time until another moment.
pub(crate) async fn extend(
    unit: &mut Unit<'_>,
    claims: &[PanelClaim],
    expires_at: Instant,
) -> Result<(), CommandError> {
    for PanelClaim { account, claim } in claims.iter().copied() {
        let extend = ExtendHold {
            account,
            claim,
            expires_at,
        };
        unit.decide::<InterviewerCalendar>(account.uuid(), extend.into())
            .await?;
    }
    Ok(())
}
