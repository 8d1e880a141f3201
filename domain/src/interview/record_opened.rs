//! Records that somebody entered the room.

use super::{
    Interview,
    events::{InterviewEvent, InterviewOpened},
    phase::{Phase, Step},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::RoomId,
    time::Instant,
};

/// Who came first, in terms of the room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordOpened {
    /// Which room.
    pub room: RoomId,
    /// When.
    pub at: Instant,
}

/// # Errors
/// `NotFound`; `WrongState`, when it is not confirmed, or marked as a no-show: that is retracted first.
pub fn decide(state: &Interview, command: &RecordOpened) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if booking.phase.is_over() || matches!(booking.phase, Phase::Open | Phase::Live) {
        return nothing();
    }
    booking.allows(Step::Open)?;
    one(InterviewOpened {
        interview: booking.interview,
        room: command.room,
        at: command.at,
    })
}
