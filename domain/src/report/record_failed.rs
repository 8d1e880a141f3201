//! Giving a revision up.

use super::{
    Progress, Report,
    events::{ReportEvent, ReportFailed},
};
use crate::{
    aggregate::{Decision, nothing, one},
    refusal::Refusal,
};

/// A revision could not be written, or did not pass the checks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordFailed {
    /// Which revision.
    pub revision: u32,
    /// Short code of the reason, such as `quote_not_in_transcript`.
    pub code: String,
}

/// Nothing when it failed before.
///
/// # Errors
/// `NotFound` for a revision nobody asked for, `WrongState` once it is written.
pub fn decide(report: &Report, command: &RecordFailed) -> Decision<ReportEvent> {
    let (revisions, revision) = report.revision(command.revision)?;
    match revision.progress {
        Progress::Failed => nothing(),
        Progress::Generated { .. } => Err(Refusal::WrongState {
            state: "the revision is written",
        }),
        Progress::Pending => one(ReportFailed {
            report: revisions.report,
            interview: revisions.interview,
            revision: command.revision,
            code: command.code.clone(),
        }),
    }
}
