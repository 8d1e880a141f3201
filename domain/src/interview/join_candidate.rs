//! Somebody who was admitted to a session becomes its candidate. There is one, and never another.

use super::{
    Interview,
    events::{CandidateJoined, InterviewEvent},
    phase::Step,
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
};

/// Who joins. The admission to the room is in the same append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JoinCandidate {
    /// Who is interviewed from now on.
    pub candidate: AccountId,
    /// Who admits them.
    pub by: AccountId,
}

/// Nothing for whoever is the candidate already.
///
/// # Errors
/// `NotFound`, when there is no such interview, it is no session, or whoever admits is not on its panel; `Invalid`,
/// when the one who is admitted is; `SessionFull`, when there is another candidate; `WrongState`, when it is over, by
/// what happened or by the clock.
pub fn decide(state: &Interview, command: &JoinCandidate, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    booking.session()?;
    if !booking.is_panel_member(command.by) {
        return Err(Refusal::NotFound { what: "interview" });
    }
    if booking.is_candidate(command.candidate) {
        return nothing();
    }
    if booking.candidate.is_some() {
        return Err(Refusal::SessionFull);
    }
    booking.allows(Step::JoinCandidate)?;
    if booking.room_closes_at() <= context.now {
        return Err(Refusal::WrongState {
            state: "the session's time is over",
        });
    }
    if booking.is_panel_member(command.candidate) {
        return Err(Refusal::invalid("accountId", "sits on the panel"));
    }
    one(CandidateJoined {
        interview: booking.interview,
        candidate: command.candidate,
        by: command.by,
    })
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        given::{fold, id},
        interview::given::{abandoned_session, confirmed, hosted, joined, now, opened_at},
        testing::given,
    };

    fn join(candidate: u128) -> JoinCandidate {
        JoinCandidate {
            candidate: id(candidate),
            by: id(1),
        }
    }

    #[test]
    fn whoever_is_admitted_first_is_the_candidate_and_nobody_else_can_be() {
        given::<Interview>(hosted())
            .when_at(now(), join(2))
            .then_once(CandidateJoined {
                interview: id(10),
                candidate: id(2),
                by: id(1),
            });
        given::<Interview>(joined())
            .when_at(now(), join(3))
            .then_refused(Refusal::SessionFull);

        let state: Interview = fold(&joined());
        assert!(state.booked().unwrap().is_candidate(id(2)));
    }

    #[test]
    fn a_host_is_no_candidate_and_who_is_no_host_admits_nobody() {
        let stranger = JoinCandidate { by: id(9), ..join(2) };

        given::<Interview>(hosted())
            .when_at(now(), join(1))
            .then_refused(Refusal::invalid("accountId", "sits on the panel"));
        given::<Interview>(hosted())
            .when_at(now(), stranger)
            .then_refused(Refusal::NotFound { what: "interview" });
    }

    #[test]
    fn nobody_joins_what_is_over() {
        let a_day_later = opened_at() + Duration::days(1);

        given::<Interview>(hosted())
            .when_at(a_day_later, join(2))
            .then_refused(Refusal::WrongState {
                state: "the session's time is over",
            });
        given::<Interview>(abandoned_session())
            .when_at(now(), join(2))
            .then_refused(Refusal::WrongState {
                state: "the interview is over",
            });
    }

    #[test]
    fn what_was_booked_has_its_candidate() {
        given::<Interview>(confirmed())
            .when_at(now(), join(3))
            .then_refused(Refusal::NotFound { what: "session" });
        given::<Interview>([])
            .when_at(now(), join(3))
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
