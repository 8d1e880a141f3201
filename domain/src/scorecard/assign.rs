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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::fold,
        scorecard::given::{assign, assigned, declined, expected, submitted},
        testing::given,
    };

    #[test]
    fn a_panel_member_is_asked_once_for_a_rating() {
        given::<Scorecard>([]).when(assign()).then_once(expected());
    }

    #[test]
    fn whoever_rated_or_declined_is_not_asked_again() {
        given::<Scorecard>(submitted()).when(assign()).then_nothing();
        given::<Scorecard>(declined()).when(assign()).then_nothing();
    }

    #[test]
    fn a_rating_is_missing_until_it_is_in_or_declined() {
        assert!(fold::<Scorecard>(&assigned()).is_missing());
        assert!(!fold::<Scorecard>(&submitted()).is_missing());
        assert!(!fold::<Scorecard>(&declined()).is_missing());
        assert!(!Scorecard::Absent.is_missing());
    }
}
