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

/// A session has no planned end that anybody relies on: its host closes it whenever they like.
///
/// # Errors
/// `NotFound`; `WrongState`, when it never became an interview, when somebody's absence is marked, or when nobody has
/// entered the room of what was planned and its end is still to come.
pub fn decide(state: &Interview, command: &End, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if booking.phase.is_over() {
        return nothing();
    }
    booking.allows(Step::End)?;
    let is_planned = booking.session.is_none();
    if is_planned && booking.phase == Phase::Confirmed && context.now < booking.slot.span.end {
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

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        given::decide,
        interview::given::{
            abandoned_session, awaiting_payment, both, completed, confirmed, live, open, start,
        },
        testing::given,
    };

    fn end(attendance: Attendance) -> End {
        End {
            at: start(),
            reason: EndReason::Ended,
            attendance,
        }
    }

    #[test]
    fn an_interview_in_which_the_parties_met_is_completed() {
        let events = decide::<Interview>(&live(), end(both()), start()).unwrap();
        assert!(matches!(
            events.as_slice(),
            [
                InterviewEvent::InterviewEnded(_),
                InterviewEvent::InterviewCompleted(_)
            ]
        ));
    }

    #[test]
    fn an_interview_in_which_they_did_not_meet_is_abandoned() {
        let alone = Attendance {
            overlap_seconds: 0,
            ..both()
        };
        let events = decide::<Interview>(&open(), end(alone), start()).unwrap();
        assert!(matches!(events[1], InterviewEvent::InterviewAbandoned(_)));
    }

    #[test]
    fn ending_again_is_nothing() {
        assert_eq!(decide::<Interview>(&completed(), end(both()), start()), nothing());
    }

    #[test]
    fn an_interview_that_nobody_entered_ends_only_after_its_time() {
        let nobody = || end(Attendance::default());
        let early = decide::<Interview>(&confirmed(), nobody(), start());
        let after = decide::<Interview>(&confirmed(), nobody(), start() + Duration::minutes(60));
        assert_eq!(early.unwrap_err().code(), "WRONG_STATE");
        assert!(after.is_ok());
    }

    #[test]
    fn a_session_that_nobody_entered_is_abandoned_whenever_its_host_likes() {
        assert!(matches!(
            abandoned_session().as_slice(),
            [
                ..,
                InterviewEvent::InterviewEnded(_),
                InterviewEvent::InterviewAbandoned(_)
            ]
        ));
    }

    #[test]
    fn an_unpaid_interview_does_not_end() {
        let refused = decide::<Interview>(&awaiting_payment(), end(both()), start());
        assert_eq!(refused.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn what_was_never_asked_for_does_not_end() {
        given::<Interview>([])
            .when_at(start(), end(both()))
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
