//! Builders for tests around reports.

use super::{
    check::BREAKDOWN,
    events::{
        Engine, ReportBody, ReportEvent, ReportFailed, ReportGenerated, ReportKind, ReportPublished,
        ReportRequested, ScoreItem, TokenUsage, TranscriptPin,
    },
    record_generated::RecordGenerated,
};
use crate::{given::id, sealed::Sealed};

pub(super) fn pin() -> TranscriptPin {
    TranscriptPin {
        transcript: id(6),
        version: 1,
        digest: "digest".to_owned(),
    }
}

pub(super) fn asked(revision: u32) -> ReportRequested {
    ReportRequested {
        report: id(1),
        interview: id(2),
        candidate: id(3),
        kind: ReportKind::Performance,
        revision,
        transcript: pin(),
        prompt_version: "2026-05".to_owned(),
        by: id(4),
    }
}

pub(super) fn engine() -> Engine {
    Engine {
        provider: "builtin".to_owned(),
        model: "counting".to_owned(),
        is_language_model: false,
    }
}

pub(super) fn breakdown(score: u8) -> Vec<ScoreItem> {
    let item = |key: &str| ScoreItem {
        key: key.to_owned(),
        score,
    };
    BREAKDOWN.map(item).into()
}

pub(super) fn body() -> Sealed<ReportBody> {
    Sealed::open(id(5), ReportBody::default())
}

pub(super) fn generate(run: u128) -> RecordGenerated {
    RecordGenerated {
        revision: 1,
        run: id(run),
        engine: engine(),
        overall: 70,
        breakdown: breakdown(70),
        body: body(),
        usage: TokenUsage::default(),
    }
}

pub(super) fn generated(run: u128) -> ReportGenerated {
    ReportGenerated {
        report: id(1),
        interview: id(2),
        revision: 1,
        run: id(run),
        engine: engine(),
        overall: 70,
        breakdown: breakdown(70),
        body: body(),
        usage: TokenUsage::default(),
    }
}

pub(super) fn failed() -> ReportFailed {
    ReportFailed {
        report: id(1),
        interview: id(2),
        revision: 1,
        code: "no_such_turn".to_owned(),
    }
}

pub(super) fn published() -> ReportPublished {
    ReportPublished {
        report: id(1),
        interview: id(2),
        revision: 1,
        by: id(4),
    }
}

/// Revision 1 is being written.
pub(super) fn pending() -> Vec<ReportEvent> {
    vec![asked(1).into()]
}

/// Revision 1 was written by run 7.
pub(super) fn written() -> Vec<ReportEvent> {
    vec![asked(1).into(), generated(7).into()]
}

/// Revision 1 was given up.
pub(super) fn given_up() -> Vec<ReportEvent> {
    vec![asked(1).into(), failed().into()]
}
