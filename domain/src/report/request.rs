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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::id,
        report::given::{asked, given_up, pending, pin, written},
        testing::given,
    };

    fn request() -> Request {
        Request {
            report: id(1),
            interview: id(2),
            candidate: id(3),
            kind: ReportKind::Performance,
            transcript: pin(),
            prompt_version: "2026-05".to_owned(),
            by: id(4),
        }
    }

    #[test]
    fn the_first_request_is_revision_1() {
        given::<Report>([]).when(request()).then(asked(1));
    }

    #[test]
    fn a_request_after_a_written_or_failed_revision_is_the_next() {
        given::<Report>(written()).when(request()).then(asked(2));
        given::<Report>(given_up()).when(request()).then(asked(2));
    }

    #[test]
    fn one_revision_is_written_at_a_time() {
        given::<Report>(pending())
            .when(request())
            .then_refused(Refusal::WrongState {
                state: "a revision of the report is being written",
            });
    }
}
