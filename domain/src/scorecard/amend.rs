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
    use crate::{
        given::fold,
        scorecard::given::{
            assigned, changed, content, declined, good, no_scorecard, rater, stranger, submitted, why,
        },
        testing::given,
    };

    fn amend(fingerprint: &str) -> Amend {
        Amend {
            account: rater(),
            expected_version: 1,
            content: good(fingerprint),
            reason: why(),
            others_visible_before: true,
        }
    }

    fn not_submitted() -> Refusal {
        Refusal::WrongState {
            state: "the scorecard is not submitted",
        }
    }

    #[test]
    fn an_amendment_makes_the_next_version_once() {
        given::<Scorecard>(submitted())
            .when(amend("second"))
            .then_once(changed(2, good("second")));
    }

    #[test]
    fn an_amendment_that_changes_nothing_makes_no_version() {
        given::<Scorecard>(submitted())
            .when(amend("first"))
            .then_nothing();
        assert_eq!(fold::<Scorecard>(&submitted()).version(), Some(1));
    }

    #[test]
    fn an_amendment_of_a_former_version_is_refused() {
        let mut history = submitted();
        history.push(changed(2, good("second")).into());

        given::<Scorecard>(history)
            .when(amend("third"))
            .then_refused(Refusal::StaleVersion { current: 2 });
    }

    #[test]
    fn only_a_submitted_rating_is_amended() {
        given::<Scorecard>(assigned())
            .when(amend("second"))
            .then_refused(not_submitted());
        given::<Scorecard>(declined())
            .when(amend("second"))
            .then_refused(not_submitted());
    }

    #[test]
    fn a_stranger_hears_that_there_is_no_scorecard() {
        let by_stranger = Amend {
            account: stranger(),
            ..amend("second")
        };

        given::<Scorecard>(submitted())
            .when(by_stranger)
            .then_refused(no_scorecard());
        given::<Scorecard>([])
            .when(amend("second"))
            .then_refused(no_scorecard());
    }

    #[test]
    fn an_amendment_keeps_the_rules_of_a_rating() {
        let out_of_range = Amend {
            content: content("second", &[("depth", Some(6))]),
            ..amend("second")
        };

        given::<Scorecard>(submitted())
            .when(out_of_range)
            .then_refused(Refusal::invalid("ratings", "a rating goes from 1 to 5"));
    }
}
