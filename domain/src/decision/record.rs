//! Deciding on an interview.

use super::{
    Decision,
    events::{DecisionEvent, DecisionRecorded, Verdict},
};
use crate::{
    aggregate::{self, nothing, one},
    envelope::Position,
    ids::{AccountId, DecisionId, InterviewId},
    refusal::Refusal,
    sealed::Sealed,
};

/// A person decides (rule F5). Whether that person may is asked before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Which decision.
    pub decision: DecisionId,
    /// On which interview.
    pub interview: InterviewId,
    /// What.
    pub verdict: Verdict,
    /// Who.
    pub by: AccountId,
    /// Why; sealed with the candidate's key.
    pub reason: Option<Sealed<String>>,
    /// The last position of the log that the person could have seen.
    pub basis: Position,
    /// Whose scorecards are not in, from streams that guard the append.
    pub missing: Vec<AccountId>,
    /// Whether the person decides without them.
    pub override_missing: bool,
}

/// Nothing when the same person recorded the same verdict before.
///
/// # Errors
/// `WrongState` while another verdict stands, `ScorecardsMissing` unless overridden.
pub fn decide(decision: &Decision, command: &Record) -> aggregate::Decision<DecisionEvent> {
    match decision {
        Decision::Standing { verdict, by, .. } if *verdict == command.verdict && *by == command.by => {
            return nothing();
        }
        Decision::Standing { .. } => {
            return Err(Refusal::WrongState {
                state: "a decision stands; reverse it first",
            });
        }
        Decision::Absent | Decision::Reversed => {}
    }
    if !command.missing.is_empty() && !command.override_missing {
        return Err(Refusal::ScorecardsMissing {
            missing: u32::try_from(command.missing.len()).unwrap_or(u32::MAX),
        });
    }
    one(DecisionRecorded {
        decision: command.decision,
        interview: command.interview,
        verdict: command.verdict,
        by: command.by,
        reason: command.reason.clone(),
        basis: command.basis,
        missing: command.missing.clone(),
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn record(verdict: Verdict, override_missing: bool) -> Record {
        let by = AccountId::new(Uuid::from_u128(1));
        Record {
            decision: DecisionId::new(Uuid::from_u128(2)),
            interview: InterviewId::new(Uuid::from_u128(3)),
            verdict,
            by,
            reason: None,
            basis: Position(9),
            missing: vec![by],
            override_missing,
        }
    }

    #[test]
    fn a_verdict_without_all_scorecards_wants_an_override() {
        let refusal = Refusal::ScorecardsMissing { missing: 1 };
        assert_eq!(
            decide(&Decision::Absent, &record(Verdict::Pass, false)),
            Err(refusal)
        );
        assert_eq!(
            decide(&Decision::Reversed, &record(Verdict::Pass, true))
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn a_standing_verdict_is_reversed_before_another_is_recorded() {
        let command = record(Verdict::Pass, true);
        let standing = Decision::Standing {
            decision: command.decision,
            interview: command.interview,
            verdict: Verdict::Pass,
            by: command.by,
        };
        assert_eq!(decide(&standing, &command), nothing());
        assert_eq!(
            decide(&standing, &record(Verdict::Fail, true))
                .unwrap_err()
                .code(),
            "WRONG_STATE"
        );
    }
}
