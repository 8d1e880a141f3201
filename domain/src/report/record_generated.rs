//! Keeping what was written.

use super::{
    Progress, Report,
    events::{Engine, ReportBody, ReportEvent, ReportGenerated, ScoreItem, TokenUsage},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::RunId,
    refusal::Refusal,
    sealed::Sealed,
};

/// A revision was written, and its words were checked against the transcript.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordGenerated {
    /// Which revision.
    pub revision: u32,
    /// Which run wrote it.
    pub run: RunId,
    /// What wrote it.
    pub engine: Engine,
    /// 0 to 100.
    pub overall: u8,
    /// The parts.
    pub breakdown: Vec<ScoreItem>,
    /// The words; sealed with the candidate's key.
    pub body: Sealed<ReportBody>,
    /// What it consumed.
    pub usage: TokenUsage,
}

/// Nothing when this run was recorded for the revision.
///
/// # Errors
/// `NotFound` for a revision nobody asked for, `WrongState` unless it is being written, `Invalid` for a score above
/// 100.
pub fn decide(report: &Report, command: &RecordGenerated) -> Decision<ReportEvent> {
    let (revisions, revision) = report.revision(command.revision)?;
    match revision.progress {
        Progress::Pending => {}
        Progress::Generated { run } if run == command.run => return nothing(),
        Progress::Generated { .. } => {
            return Err(Refusal::WrongState {
                state: "the revision is written",
            });
        }
        Progress::Failed => {
            return Err(Refusal::WrongState {
                state: "the revision failed",
            });
        }
    }
    if command.overall > 100 {
        return Err(Refusal::invalid("overall", "must be from 0 to 100"));
    }
    if command.breakdown.iter().any(|item| item.score > 100) {
        return Err(Refusal::invalid("breakdown", "scores must be from 0 to 100"));
    }
    one(ReportGenerated {
        report: revisions.report,
        interview: revisions.interview,
        revision: command.revision,
        run: command.run,
        engine: command.engine.clone(),
        overall: command.overall,
        breakdown: command.breakdown.clone(),
        body: command.body.clone(),
        usage: command.usage,
    })
}
