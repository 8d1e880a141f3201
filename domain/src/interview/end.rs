//! Ends an interview: completed when the parties met, abandoned when they did not (rule R6).

use super::{
    Interview,
    events::{Attendance, EndReason, InterviewAbandoned, InterviewCompleted, InterviewEnded, InterviewEvent},
    phase::{Phase, Step},
};
use crate::{
    aggregate::{Context, Decision, nothing},
    refusal::Refusal,
    time::Instant,
};

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    /// When.
    pub at: Instant,
    /// By whom or what.
    pub reason: EndReason,
    /// How long people were there.
    pub attendance: Attendance,
}

/// # Errors
/// `NotFound`; `WrongState`, when it never became an interview, when somebody's absence is marked, or when nobody has
/// entered the room and the planned end is still to come.
pub fn decide(state: &Interview, command: &End, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if booking.phase.is_over() {
        return nothing();
    }
    booking.allows(Step::End)?;
    if booking.phase == Phase::Confirmed && context.now < booking.slot.span.end {
        return Err(Refusal::WrongState {
            state: booking.phase.words(),
        });
    }
    let interview = booking.interview;
    let ended = InterviewEnded {
        interview,
        at: command.at,
        reason: command.reason,
        attendance: command.attendance,
    };
    let outcome = if command.attendance.overlap_seconds > 0 {
        InterviewCompleted { interview }.into()
    } else {
        InterviewAbandoned { interview }.into()
    };
    Ok(vec![ended.into(), outcome])
}
