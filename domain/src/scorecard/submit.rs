//! Giving the rating.

use super::{
    Scorecard,
    events::{ScorecardContent, ScorecardEvent, ScorecardSubmitted},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
};

/// The rating is given, once (rule F1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Submit {
    /// Who rates.
    pub account: AccountId,
    /// What it says.
    pub content: ScorecardContent,
    /// Whether the interview had started, from its stream.
    pub interview_started: bool,
}

/// Nothing when the same was submitted before.
///
/// # Errors
/// `NotFound` for everybody but the assignee, `WrongState` before the interview started and after declining,
/// `AlreadySubmitted` with other content, `Invalid` for ratings out of range or of unknown criteria.
pub fn decide(scorecard: &Scorecard, command: &Submit, context: &Context) -> Decision<ScorecardEvent> {
    let assignment = scorecard.of(command.account)?;
    match scorecard {
        Scorecard::Submitted { fingerprint, .. } if *fingerprint == command.content.fingerprint => {
            return nothing();
        }
        Scorecard::Submitted { .. } => return Err(Refusal::AlreadySubmitted),
        Scorecard::Declined(_) => {
            return Err(Refusal::WrongState {
                state: "the scorecard is declined",
            });
        }
        Scorecard::Absent | Scorecard::Assigned(_) => {}
    }
    if !command.interview_started {
        return Err(Refusal::WrongState {
            state: "the interview has not started",
        });
    }
    assignment.check(&command.content)?;
    one(ScorecardSubmitted {
        scorecard: assignment.scorecard,
        interview: assignment.interview,
        account: assignment.account,
        content: command.content.clone(),
        late: context.now > assignment.due_at,
    })
}
