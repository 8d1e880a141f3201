//! Records that candidate and interviewer were together for the first time.

use super::{
    Interview,
    events::{InterviewEvent, InterviewStarted},
    phase::{Phase, Step},
};
use crate::{
    aggregate::{Decision, nothing, one},
    time::Instant,
};

/// When they met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordStarted {
    /// When.
    pub at: Instant,
}

/// # Errors
/// `NotFound`; `WrongState`, when nobody has entered the room, or it is marked as a no-show: that is retracted first.
pub fn decide(state: &Interview, command: &RecordStarted) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if booking.phase.is_over() || booking.phase == Phase::Live {
        return nothing();
    }
    booking.allows(Step::Start)?;
    one(InterviewStarted {
        interview: booking.interview,
        at: command.at,
    })
}
