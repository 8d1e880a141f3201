//! Asking for a revision of a report.

use super::{
    Progress, Report,
    events::{ReportEvent, ReportKind, ReportRequested, TranscriptPin},
};
use crate::{
    aggregate::{Decision, one},
    ids::{AccountId, InterviewId, ReportId},
    refusal::Refusal,
};

/// A revision is to be written from a pinned transcript (rule A1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// Which report.
    pub report: ReportId,
    /// On which interview.
    pub interview: InterviewId,
    /// About whom.
    pub candidate: AccountId,
    /// About what.
    pub kind: ReportKind,
    /// The transcript it rests on.
    pub transcript: TranscriptPin,
    /// Version of the instructions to the writer.
    pub prompt_version: String,
    /// Who asks.
    pub by: AccountId,
}

/// Each request is a revision of its own, so a repeat is recognised by its command id only.
///
/// # Errors
/// `WrongState` while a revision is being written.
pub fn decide(report: &Report, command: &Request) -> Decision<ReportEvent> {
    let last = report.revisions().map_or(0, super::Revisions::last);
    let pending = report
        .revisions()
        .and_then(|revisions| revisions.get(last))
        .is_some_and(|revision| revision.progress == Progress::Pending);
    if pending {
        return Err(Refusal::WrongState {
            state: "a revision of the report is being written",
        });
    }
    one(ReportRequested {
        report: command.report,
        interview: command.interview,
        candidate: command.candidate,
        kind: command.kind,
        revision: last + 1,
        transcript: command.transcript.clone(),
        prompt_version: command.prompt_version.clone(),
        by: command.by,
    })
}
