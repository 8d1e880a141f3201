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

/// Where both were there, or the absence is marked already, there is nothing to record. Nobody was expected at a
/// session.
///
/// # Errors
/// `NotFound`; `WrongState`, when it is not confirmed, is over, or the grace is not.
pub fn decide(state: &Interview, command: &MarkNoShow, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if booking.session.is_some() || matches!(booking.phase, Phase::NoShow { .. } | Phase::Live) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold},
        interview::{
            given::{awaiting_payment, both, completed, confirmed, hosted, joined, live, open, start},
            retract_no_show::RetractNoShow,
        },
        testing::given,
        time::Instant,
    };

    fn grace_over() -> Instant {
        start() + Duration::minutes(15)
    }

    fn mark(candidate_seconds: u64, interviewer_seconds: u64) -> MarkNoShow {
        MarkNoShow {
            attendance: Attendance {
                candidate_seconds,
                interviewer_seconds,
                overlap_seconds: 0,
            },
        }
    }

    fn absent(history: &[InterviewEvent], command: MarkNoShow) -> Absent {
        let events = decide::<Interview>(history, command, grace_over()).unwrap();
        let [InterviewEvent::NoShowMarked(marked)] = events.as_slice() else {
            panic!("{events:?}");
        };
        marked.absent
    }

    #[test]
    fn presence_tells_who_did_not_come() {
        assert_eq!(absent(&confirmed(), mark(0, 0)), Absent::Everybody);
        assert_eq!(absent(&open(), mark(0, 60)), Absent::Candidate);
        assert_eq!(absent(&open(), mark(60, 0)), Absent::Interviewers);
    }

    #[test]
    fn nothing_is_marked_when_both_were_there_or_it_is_marked_already() {
        let marked = decide::<Interview>(&confirmed(), mark(0, 0), grace_over()).unwrap();
        let marked = [confirmed(), marked].concat();
        let met = MarkNoShow { attendance: both() };

        assert_eq!(decide::<Interview>(&open(), met, grace_over()), nothing());
        assert_eq!(decide::<Interview>(&live(), met, grace_over()), nothing());
        assert_eq!(decide::<Interview>(&marked, mark(0, 0), grace_over()), nothing());
    }

    #[test]
    fn nobody_is_absent_from_a_session() {
        for history in [hosted(), joined()] {
            given::<Interview>(history)
                .when_at(grace_over(), mark(0, 0))
                .then_nothing();
        }
    }

    #[test]
    fn an_absence_is_marked_only_when_the_grace_is_over_and_the_interview_is_not() {
        let just_before = grace_over() - Duration::microseconds(1);
        let early = decide::<Interview>(&confirmed(), mark(0, 0), just_before);
        let unpaid = decide::<Interview>(&awaiting_payment(), mark(0, 0), grace_over());
        let over = decide::<Interview>(&completed(), mark(0, 0), grace_over());

        assert_eq!(early.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(unpaid.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(over.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn a_retracted_mark_lets_the_interview_go_on_from_where_it_was() {
        let phase_after = |history: Vec<InterviewEvent>| {
            let marked = decide::<Interview>(&history, mark(0, 0), grace_over()).unwrap();
            let history = [history, marked].concat();
            let late_join = RetractNoShow {
                by: None,
                reason: None,
            };
            let retracted = decide::<Interview>(&history, late_join, grace_over()).unwrap();
            let state: Interview = fold(&[history, retracted].concat());
            state.booked().unwrap().phase
        };
        assert_eq!(phase_after(confirmed()), Phase::Confirmed);
        assert_eq!(phase_after(open()), Phase::Open);
    }

    #[test]
    fn what_was_never_asked_for_is_not_missed() {
        given::<Interview>([])
            .when_at(grace_over(), mark(0, 0))
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
