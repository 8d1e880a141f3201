//! Records that somebody had not come when the grace after the start was over (rule R5).

use chrono::Duration;

use super::{
    Interview,
    events::{Absent, Attendance, InterviewEvent, NoShowMarked},
    phase::{Phase, Step},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    refusal::Refusal,
};

/// Who was there so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MarkNoShow {
    /// Presence up to now, from the room.
    pub attendance: Attendance,
}

/// Where both were there, or the absence is marked already, there is nothing to record.
///
/// # Errors
/// `NotFound`; `WrongState`, when it is not confirmed, is over, or the grace is not.
pub fn decide(state: &Interview, command: &MarkNoShow, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if matches!(booking.phase, Phase::NoShow { .. } | Phase::Live) {
        return nothing();
    }
    booking.allows(Step::MarkNoShow)?;
    let grace = Duration::minutes(i64::from(booking.terms.join_window.grace_minutes));
    if context.now < booking.slot.span.start + grace {
        return Err(Refusal::WrongState {
            state: "the grace after the start is not over",
        });
    }
    let Some(absent) = absent(command.attendance) else {
        return nothing();
    };
    one(NoShowMarked {
        interview: booking.interview,
        absent,
        attendance: command.attendance,
    })
}

const fn absent(attendance: Attendance) -> Option<Absent> {
    match (attendance.candidate_seconds, attendance.interviewer_seconds) {
        (0, 0) => Some(Absent::Everybody),
        (0, _) => Some(Absent::Candidate),
        (_, 0) => Some(Absent::Interviewers),
        (_, _) => None,
    }
}
