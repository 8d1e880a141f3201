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
    use super::*;
    use crate::{
        decision::given::{passed, recorded, reversed},
        given::{fold, id},
        testing::given,
    };

    fn record(verdict: Verdict) -> Record {
        Record {
            decision: id(2),
            interview: id(3),
            verdict,
            by: id(1),
            reason: Some(Sealed::open(id(5), "Solid".to_owned())),
            basis: Position(9),
            missing: Vec::new(),
            override_missing: false,
        }
    }

    fn another_stands() -> Refusal {
        Refusal::WrongState {
            state: "a decision stands; reverse it first",
        }
    }

    #[test]
    fn a_person_decides_once() {
        given::<Decision>([])
            .when(record(Verdict::Pass))
            .then_once(recorded(Verdict::Pass));
    }

    #[test]
    fn a_reversed_verdict_makes_room_for_another() {
        given::<Decision>(reversed())
            .when(record(Verdict::Fail))
            .then_once(recorded(Verdict::Fail));
    }

    #[test]
    fn a_standing_verdict_is_reversed_before_another_is_recorded() {
        given::<Decision>(passed())
            .when(record(Verdict::Fail))
            .then_refused(another_stands());
    }

    #[test]
    fn another_person_does_not_record_the_standing_verdict_again() {
        let by_another = Record {
            by: id(6),
            ..record(Verdict::Pass)
        };

        given::<Decision>(passed())
            .when(by_another)
            .then_refused(another_stands());
    }

    #[test]
    fn a_verdict_without_all_scorecards_wants_an_override() {
        let early = Record {
            missing: vec![id(7), id(8)],
            ..record(Verdict::Pass)
        };

        given::<Decision>([])
            .when(early)
            .then_refused(Refusal::ScorecardsMissing { missing: 2 });
    }

    #[test]
    fn an_override_says_whose_scorecards_were_missing() {
        let early = Record {
            missing: vec![id(7)],
            override_missing: true,
            ..record(Verdict::OnHold)
        };

        given::<Decision>([]).when(early).then_once(DecisionRecorded {
            missing: vec![id(7)],
            ..recorded(Verdict::OnHold)
        });
    }

    #[test]
    fn a_verdict_stands_until_it_is_taken_back() {
        assert_eq!(Decision::Absent.verdict(), None);
        assert_eq!(fold::<Decision>(&passed()).verdict(), Some(Verdict::Pass));
        assert_eq!(fold::<Decision>(&reversed()).verdict(), None);
    }
}
