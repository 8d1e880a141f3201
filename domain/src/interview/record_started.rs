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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id},
        interview::given::{completed, confirmed, live, open, start},
        refusal::Refusal,
        testing::given,
    };

    #[test]
    fn an_open_interview_starts_once() {
        let started = RecordStarted { at: start() };
        let event = InterviewStarted {
            interview: id(10),
            at: start(),
        };
        assert_eq!(decide::<Interview>(&open(), started, start()), one(event));
        assert_eq!(decide::<Interview>(&live(), started, start()), nothing());
        assert_eq!(decide::<Interview>(&completed(), started, start()), nothing());
    }

    #[test]
    fn nobody_meets_before_the_room_was_entered() {
        let refused = decide::<Interview>(&confirmed(), RecordStarted { at: start() }, start());
        assert_eq!(refused.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn what_was_never_asked_for_does_not_start() {
        given::<Interview>([])
            .when_at(start(), RecordStarted { at: start() })
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
