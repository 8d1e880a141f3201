//! Somebody who was asked does not agree to a booking: it comes to nothing.

use super::{
    Interview,
    events::{BookingDeclined, InterviewEvent, Party},
    phase::Step,
};
use crate::{
    aggregate::{Context, Decision, one},
    ids::AccountId,
    sealed::Sealed,
};

/// Who declines. The claims are released in the same append.
#[derive(Clone, PartialEq, Debug)]
pub struct Decline {
    /// Who.
    pub by: AccountId,
    /// For whom.
    pub party: Party,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
}

/// # Errors
/// `NotFound`; `Forbidden` for the candidate, who cancels instead; `WrongState`, when somebody agreed or declined
/// before, it was called off, or the hold has died.
pub fn decide(state: &Interview, command: &Decline, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    booking.may_be_judged(Step::Decline, command.by, context.now)?;
    one(BookingDeclined {
        interview: booking.interview,
        revision: booking.revision,
        by: command.by,
        party: command.party,
        reason: command.reason.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id},
        interview::{
            approve::Approve,
            cancel::Cancel,
            given::{asked_at, awaiting_approval, due},
            phase::Phase,
        },
        refusal::Refusal,
        testing::given,
    };

    fn decline(by: u128) -> Decline {
        Decline {
            by: id(by),
            party: Party::Interviewer,
            reason: None,
        }
    }

    fn declined() -> Vec<InterviewEvent> {
        let history = awaiting_approval(Some(15));
        let events = decide::<Interview>(&history, decline(1), asked_at()).unwrap();
        [history, events].concat()
    }

    #[test]
    fn what_is_declined_is_over_before_it_was_confirmed() {
        let state: Interview = fold(&declined());
        let booking = state.booked().unwrap();

        assert_eq!(booking.phase, Phase::Cancelled { was_confirmed: false });
        assert_eq!(booking.payment, None);
    }

    #[test]
    fn of_agreeing_and_declining_the_first_counts() {
        let approve = Approve {
            by: id(3),
            payment: id(50),
        };
        let agreed = decide::<Interview>(&awaiting_approval(None), approve, asked_at()).unwrap();
        let agreed = [awaiting_approval(None), agreed].concat();

        let then_declined = decide::<Interview>(&agreed, decline(1), asked_at());
        let then_agreed = decide::<Interview>(&declined(), approve, asked_at());

        assert_eq!(then_declined.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(then_agreed.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn the_candidate_calls_off_and_does_not_decline() {
        let cancel = Cancel {
            expected_revision: None,
            by: id(2),
            party: Party::Candidate,
            reason: None,
            paid: None,
        };
        let own = decide::<Interview>(&awaiting_approval(None), decline(2), asked_at());
        let cancelled = decide::<Interview>(&awaiting_approval(None), cancel, asked_at());

        assert_eq!(own, Err(Refusal::Forbidden));
        assert!(cancelled.is_ok());
    }

    #[test]
    fn what_nobody_answered_in_time_is_not_declined_any_more() {
        let late = decide::<Interview>(&awaiting_approval(None), decline(1), due());
        assert_eq!(late.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn what_was_never_asked_for_is_not_declined() {
        given::<Interview>([])
            .when_at(asked_at(), decline(1))
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
