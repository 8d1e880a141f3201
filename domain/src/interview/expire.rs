//! Gives the slot up when it was not paid in time.

use super::{
    Interview,
    events::{BookingExpired, ExpiryReason, InterviewEvent},
    phase::Step,
};
use crate::aggregate::{Context, Decision, nothing, one};

/// The hold may have died.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expire;

/// A timer that comes too early, or after the confirmation, finds nothing to record.
///
/// # Errors
/// `NotFound`, when there is no such interview.
pub fn decide(state: &Interview, _: &Expire, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if !booking.phase.allows(Step::Expire) || !booking.hold_is_over(context.now) {
        return nothing();
    }
    one(BookingExpired {
        interview: booking.interview,
        reason: ExpiryReason::HoldExpired,
    })
}
