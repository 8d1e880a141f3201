//! Moves a confirmed interview to another time.

use super::{
    Interview, check_claims, check_time,
    events::{InterviewEvent, InterviewRescheduled, PanelClaim},
    phase::Step,
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
    sealed::Sealed,
    time::Slot,
};

/// Where it moves to. The new time was found to be bookable; the new claims are made and the old ones released in the
/// same append.
#[derive(Clone, PartialEq, Debug)]
pub struct Reschedule {
    /// The revision that the asker saw.
    pub expected_revision: u32,
    /// The new time.
    pub to: Slot,
    /// The claims on the new time, one for each seat.
    pub claims: Vec<PanelClaim>,
    /// Who moves it.
    pub by: AccountId,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
}

/// # Errors
/// `NotFound`; `WrongState`, when it is not confirmed or its old start has passed (rule C9); `StaleRevision`, when it
/// moved since the asker looked (rule C7); `SlotNotOffered` and `NoticeTooShort` for the new time; `Invalid`, when the
/// claims are not one for each seat or the new time has another length.
pub fn decide(state: &Interview, command: &Reschedule, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    booking.allows(Step::Reschedule)?;
    if booking.slot.span == command.to.span {
        return nothing();
    }
    if booking.revision != command.expected_revision {
        return Err(Refusal::StaleRevision {
            current: booking.revision,
        });
    }
    if booking.slot.span.start <= context.now {
        return Err(Refusal::WrongState {
            state: "the start has passed",
        });
    }
    check_time(&booking.terms, &command.to, context.now)?;
    check_claims(&booking.panel, &command.claims)?;
    one(InterviewRescheduled {
        interview: booking.interview,
        revision: booking.revision + 1,
        from: booking.slot.clone(),
        to: command.to.clone(),
        claims: command.claims.clone(),
        by: command.by,
        reason: command.reason.clone(),
    })
}
