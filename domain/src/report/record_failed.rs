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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        report::given::{failed, pending, written},
        testing::given,
    };

    fn fail(revision: u32) -> RecordFailed {
        RecordFailed {
            revision,
            code: "no_such_turn".to_owned(),
        }
    }

    #[test]
    fn a_revision_is_given_up_once() {
        given::<Report>(pending()).when(fail(1)).then_once(failed());
    }

    #[test]
    fn a_revision_that_is_written_is_not_given_up() {
        given::<Report>(written())
            .when(fail(1))
            .then_refused(Refusal::WrongState {
                state: "the revision is written",
            });
    }

    #[test]
    fn nothing_is_given_up_that_nobody_asked_for() {
        given::<Report>([])
            .when(fail(1))
            .then_refused(Refusal::NotFound { what: "report" });
        given::<Report>(pending())
            .when(fail(2))
            .then_refused(Refusal::NotFound {
                what: "revision of the report",
            });
    }
}
