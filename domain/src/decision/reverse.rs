//! Taking a verdict back.

use super::{
    Decision,
    events::{DecisionEvent, DecisionReversed},
};
use crate::{
    aggregate::{self, nothing, one},
    ids::AccountId,
    refusal::Refusal,
    text::Paragraph,
};

/// The verdict is taken back, for a reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reverse {
    /// Who takes it back.
    pub by: AccountId,
    /// Why.
    pub reason: Paragraph,
}

/// Nothing when it was taken back.
///
/// # Errors
/// `NotFound` when nobody ever decided.
pub fn decide(decision: &Decision, command: &Reverse) -> aggregate::Decision<DecisionEvent> {
    match decision {
        Decision::Absent => Err(Refusal::NotFound { what: "decision" }),
        Decision::Reversed => nothing(),
        Decision::Standing {
            decision, interview, ..
        } => one(DecisionReversed {
            decision: *decision,
            interview: *interview,
            by: command.by,
            reason: command.reason.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        decision::given::{passed, taken_back, why},
        given::id,
        testing::given,
    };

    fn reverse() -> Reverse {
        Reverse {
            by: id(4),
            reason: why(),
        }
    }

    #[test]
    fn a_verdict_is_taken_back_once() {
        given::<Decision>(passed())
            .when(reverse())
            .then_once(taken_back());
    }

    #[test]
    fn what_nobody_decided_is_not_taken_back() {
        given::<Decision>([])
            .when(reverse())
            .then_refused(Refusal::NotFound { what: "decision" });
    }
}
