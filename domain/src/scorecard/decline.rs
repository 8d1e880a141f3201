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
    use crate::scorecard::given::{declined, rater, submitted, why};

    #[test]
    fn declining_twice_is_nothing_and_after_submission_refused() {
        let command = Decline {
            account: rater(),
            reason: why(),
        };
        assert_eq!(decide(&declined(), &command), nothing());
        assert_eq!(decide(&submitted(), &command).unwrap_err().code(), "WRONG_STATE");
    }
}
