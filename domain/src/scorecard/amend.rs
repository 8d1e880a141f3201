//! Changing a rating that was given.

use super::{
    Scorecard,
    events::{ScorecardAmended, ScorecardContent, ScorecardEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
    text::Paragraph,
};

/// The rating is changed, for a reason; the former stays in the history (rule F1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Amend {
    /// Who rates.
    pub account: AccountId,
    /// The version that the rater saw.
    pub expected_version: u32,
    /// What it says now.
    pub content: ScorecardContent,
    /// Why.
    pub reason: Paragraph,
    /// Whether the rater could see another's rating by then.
    pub others_visible_before: bool,
}

/// Nothing when it says so already.
///
/// # Errors
/// `NotFound` for everybody but the assignee, `WrongState` unless it is submitted, `StaleVersion` when it was changed
/// meanwhile, `Invalid` for ratings out of range or of unknown criteria.
pub fn decide(scorecard: &Scorecard, command: &Amend) -> Decision<ScorecardEvent> {
    scorecard.of(command.account)?;
    let Scorecard::Submitted {
        assignment,
        version,
        fingerprint,
        ..
    } = scorecard
    else {
        return Err(Refusal::WrongState {
            state: "the scorecard is not submitted",
        });
    };
    if *fingerprint == command.content.fingerprint {
        return nothing();
    }
    if *version != command.expected_version {
        return Err(Refusal::StaleVersion {
            current: u64::from(*version),
        });
    }
    assignment.check(&command.content)?;
    one(ScorecardAmended {
        scorecard: assignment.scorecard,
        interview: assignment.interview,
        account: assignment.account,
        version: version + 1,
        content: command.content.clone(),
        reason: command.reason.clone(),
        others_visible_before: command.others_visible_before,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scorecard::given::{after, assigned, content, rater, submitted, why};

    fn amend(fingerprint: &str) -> Amend {
        Amend {
            account: rater(),
            expected_version: 1,
            content: content(fingerprint, &[("depth", Some(2))]),
            reason: why(),
            others_visible_before: true,
        }
    }

    #[test]
    fn an_amendment_makes_the_next_version_and_its_repeat_nothing() {
        let decided = decide(&submitted(), &amend("second"));
        let amended = after(submitted(), &decided);

        assert_eq!(amended.version(), Some(2));
        assert_eq!(decide(&amended, &amend("second")), nothing());
    }

    #[test]
    fn an_amendment_of_a_former_version_is_refused() {
        let amended = after(submitted(), &decide(&submitted(), &amend("second")));
        assert_eq!(
            decide(&amended, &amend("third")),
            Err(Refusal::StaleVersion { current: 2 })
        );
    }

    #[test]
    fn only_a_submitted_rating_is_amended() {
        assert_eq!(
            decide(&assigned(), &amend("a")).unwrap_err().code(),
            "WRONG_STATE"
        );
    }
}
