//! Confirms an interview once it is paid.

use super::{
    Interview,
    events::{InterviewConfirmed, InterviewEvent},
    phase::Step,
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    refusal::Refusal,
};

/// It is paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Confirm;

/// # Errors
/// `NotFound`; `WrongState`, when the hold has died (whether or not that was recorded) or it never waited for money.
pub fn decide(state: &Interview, _: &Confirm, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if booking.phase.was_confirmed() {
        return nothing();
    }
    booking.allows(Step::Confirm)?;
    if booking.hold_is_over(context.now) {
        return Err(Refusal::WrongState {
            state: "the hold is over",
        });
    }
    one(InterviewConfirmed {
        interview: booking.interview,
        revision: booking.revision,
    })
}
