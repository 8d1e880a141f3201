//! Asking a panel member for a rating.

use super::{
    Scorecard,
    events::{ScorecardAssigned, ScorecardEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, InterviewId, ScorecardId},
    rubric::events::{Criterion, RubricPin},
    time::Instant,
};

/// A panel member is to rate an interview, by the rubric as it is now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assign {
    /// Which scorecard.
    pub scorecard: ScorecardId,
    /// Of which interview.
    pub interview: InterviewId,
    /// Who rates.
    pub account: AccountId,
    /// Who is rated.
    pub candidate: AccountId,
    /// Which rubric and version.
    pub rubric: Option<RubricPin>,
    /// Its criteria.
    pub criteria: Vec<Criterion>,
    /// Until when it is expected.
    pub due_at: Instant,
}

/// Nothing when it is assigned; never refused.
pub fn decide(scorecard: &Scorecard, command: &Assign) -> Decision<ScorecardEvent> {
    if scorecard.assignment().is_some() {
        return nothing();
    }
    one(ScorecardAssigned {
        scorecard: command.scorecard,
        interview: command.interview,
        account: command.account,
        candidate: command.candidate,
        rubric: command.rubric,
        criteria: command.criteria.clone(),
        due_at: command.due_at,
    })
}
