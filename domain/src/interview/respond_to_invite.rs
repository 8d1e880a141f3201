//! An interviewer answers an invitation. Who declines gives the seat up; the interview stands.

use super::{
    Interview,
    events::{Answer, InterviewEvent, InviteResponded, PanelSeatVacated, VacancyReason},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
};

/// The answer. The claim of whoever declines is released in the same append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RespondToInvite {
    /// Who answers.
    pub account: AccountId,
    /// What.
    pub answer: Answer,
    /// The revision that the asker saw, if they said which.
    pub expected_revision: Option<u32>,
}

/// The same answer again is nothing, also that of somebody who declined before.
///
/// # Errors
/// `NotFound`, when there is no such interview or the person is not on its panel; `WrongState`, when it is not confirmed
/// or its start has passed; `StaleRevision`, when it moved since the asker looked.
pub fn decide(state: &Interview, command: &RespondToInvite, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    let mut panel = booking.panel.iter();
    let Some(member) = panel.find(|member| member.account == command.account) else {
        let is_known = booking.declined.contains(&command.account) && command.answer == Answer::Declined;
        return if is_known {
            nothing()
        } else {
            Err(Refusal::NotFound { what: "interview" })
        };
    };
    booking.may_change_panel(context.now)?;
    if command.expected_revision.unwrap_or(booking.revision) != booking.revision {
        return Err(Refusal::StaleRevision {
            current: booking.revision,
        });
    }
    if booking.answers.get(&command.account) == Some(&command.answer) {
        return nothing();
    }
    let responded = InviteResponded {
        interview: booking.interview,
        revision: booking.revision,
        account: command.account,
        answer: command.answer,
    };
    match command.answer {
        Answer::Accepted | Answer::Tentative => one(responded),
        Answer::Declined => {
            let vacated = PanelSeatVacated {
                interview: booking.interview,
                revision: booking.revision,
                member: member.clone(),
                reason: VacancyReason::Declined,
                change: booking.panel_changes + 1,
            };
            Ok(vec![responded.into(), vacated.into()])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id},
        interview::given::{asked_at, awaiting_payment, completed, confirmed, start},
        testing::given,
    };

    fn answer(answer: Answer) -> RespondToInvite {
        RespondToInvite {
            account: id(1),
            answer,
            expected_revision: None,
        }
    }

    fn then(command: RespondToInvite) -> Vec<InterviewEvent> {
        let events = decide::<Interview>(&confirmed(), command, asked_at()).unwrap();
        [confirmed(), events].concat()
    }

    #[test]
    fn an_interviewer_may_change_their_mind_between_yes_and_perhaps() {
        let perhaps = then(answer(Answer::Tentative));
        let again = decide::<Interview>(&perhaps, answer(Answer::Tentative), asked_at());
        let yes = decide::<Interview>(&perhaps, answer(Answer::Accepted), asked_at());

        assert_eq!(again, nothing());
        assert_eq!(yes.unwrap().len(), 1);
        let state: Interview = fold(&perhaps);
        assert!(state.booked().unwrap().is_panel_member(id(1)));
    }

    #[test]
    fn who_declines_leaves_a_vacant_seat_and_no_claim() {
        let history = then(answer(Answer::Declined));
        let state: Interview = fold(&history);
        let booking = state.booked().unwrap();

        assert!(!booking.is_panel_member(id(1)));
        assert_eq!(booking.claims, Vec::new());
        assert_eq!(booking.vacant.len(), 1);
        let again = decide::<Interview>(&history, answer(Answer::Declined), asked_at());
        assert_eq!(again, nothing());
        let back = decide::<Interview>(&history, answer(Answer::Accepted), asked_at());
        assert_eq!(back.unwrap_err().code(), "NOT_FOUND");
    }

    #[test]
    fn strangers_and_the_candidate_answer_nothing() {
        let candidate = RespondToInvite {
            account: id(2),
            ..answer(Answer::Declined)
        };
        let refused = decide::<Interview>(&confirmed(), candidate, asked_at());
        assert_eq!(refused.unwrap_err().code(), "NOT_FOUND");
    }

    #[test]
    fn only_an_interview_that_is_confirmed_and_to_come_is_answered() {
        let code = |history: Vec<InterviewEvent>, now| {
            let refused = decide::<Interview>(&history, answer(Answer::Declined), now);
            refused.unwrap_err().code()
        };
        assert_eq!(code(awaiting_payment(), asked_at()), "WRONG_STATE");
        assert_eq!(code(completed(), asked_at()), "WRONG_STATE");
        assert_eq!(code(confirmed(), start()), "WRONG_STATE");
    }

    #[test]
    fn an_answer_to_another_time_is_stale() {
        let stale = RespondToInvite {
            expected_revision: Some(2),
            ..answer(Answer::Accepted)
        };
        let refused = decide::<Interview>(&confirmed(), stale, asked_at());
        assert_eq!(refused, Err(Refusal::StaleRevision { current: 1 }));
    }

    #[test]
    fn what_was_never_asked_for_is_not_answered() {
        given::<Interview>([])
            .when_at(asked_at(), answer(Answer::Accepted))
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
