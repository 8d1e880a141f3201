//! Letting people read a revision.

use super::{
    Progress, Report,
    events::{ReportEvent, ReportPublished},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
};

/// A revision may be read by those it is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Publish {
    /// Which revision.
    pub revision: u32,
    /// Who publishes it.
    pub by: AccountId,
}

/// Nothing when it is the published one.
///
/// # Errors
/// `NotFound` for a revision nobody asked for, `WrongState` unless it is written.
pub fn decide(report: &Report, command: &Publish) -> Decision<ReportEvent> {
    let (revisions, revision) = report.revision(command.revision)?;
    match revision.progress {
        Progress::Pending => Err(Refusal::WrongState {
            state: "the revision is being written",
        }),
        Progress::Failed => Err(Refusal::WrongState {
            state: "the revision failed",
        }),
        Progress::Generated { .. } if revisions.published == Some(command.revision) => nothing(),
        Progress::Generated { .. } => one(ReportPublished {
            report: revisions.report,
            interview: revisions.interview,
            revision: command.revision,
            by: command.by,
        }),
    }
}
