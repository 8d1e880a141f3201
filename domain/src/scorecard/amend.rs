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
