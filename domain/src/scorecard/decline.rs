//! Refusing to rate.

use super::{
    Scorecard,
    events::{ScorecardDeclined, ScorecardEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
    text::Paragraph,
};

/// The interviewer will not rate, for a reason (rule F3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decline {
    /// Who does not.
    pub account: AccountId,
    /// Why.
    pub reason: Paragraph,
}

/// Nothing when it is declined.
///
/// # Errors
/// `NotFound` for everybody but the assignee, `WrongState` once it is submitted.
pub fn decide(scorecard: &Scorecard, command: &Decline) -> Decision<ScorecardEvent> {
    let assignment = scorecard.of(command.account)?;
    match scorecard {
        Scorecard::Declined(_) => nothing(),
        Scorecard::Submitted { .. } => Err(Refusal::WrongState {
            state: "the scorecard is submitted",
        }),
        Scorecard::Absent | Scorecard::Assigned(_) => one(ScorecardDeclined {
            scorecard: assignment.scorecard,
            interview: assignment.interview,
            account: assignment.account,
            reason: command.reason.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        scorecard::given::{assigned, no_scorecard, rater, refused_to_rate, stranger, submitted, why},
        testing::given,
    };

    fn decline(account: AccountId) -> Decline {
        Decline {
            account,
            reason: why(),
        }
    }

    #[test]
    fn a_rating_is_declined_once() {
        given::<Scorecard>(assigned())
            .when(decline(rater()))
            .then_once(refused_to_rate());
    }

    #[test]
    fn a_rating_that_is_in_is_not_declined() {
        given::<Scorecard>(submitted())
            .when(decline(rater()))
            .then_refused(Refusal::WrongState {
                state: "the scorecard is submitted",
            });
    }

    #[test]
    fn a_stranger_hears_that_there_is_no_scorecard() {
        given::<Scorecard>(assigned())
            .when(decline(stranger()))
            .then_refused(no_scorecard());
        given::<Scorecard>([])
            .when(decline(rater()))
            .then_refused(no_scorecard());
    }
}
