//! Builders for tests around verdicts.

use super::events::{DecisionEvent, DecisionRecorded, DecisionReversed, Verdict};
use crate::{envelope::Position, given::id, sealed::Sealed, text::Paragraph};

pub(super) fn recorded(verdict: Verdict) -> DecisionRecorded {
    DecisionRecorded {
        decision: id(2),
        interview: id(3),
        verdict,
        by: id(1),
        reason: Some(Sealed::open(id(5), "Solid".to_owned())),
        basis: Position(9),
        missing: Vec::new(),
    }
}

pub(super) fn why() -> Paragraph {
    Paragraph::new("Recorded for another candidate").unwrap()
}

pub(super) fn taken_back() -> DecisionReversed {
    DecisionReversed {
        decision: id(2),
        interview: id(3),
        by: id(4),
        reason: why(),
    }
}

/// Somebody passed.
pub(super) fn passed() -> Vec<DecisionEvent> {
    vec![recorded(Verdict::Pass).into()]
}

/// Somebody passed, and that was taken back.
pub(super) fn reversed() -> Vec<DecisionEvent> {
    vec![recorded(Verdict::Pass).into(), taken_back().into()]
}
