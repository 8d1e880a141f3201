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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        report::given::{breakdown, generate, generated, given_up, pending, written},
        testing::given,
    };

    #[test]
    fn what_a_run_wrote_is_kept_once() {
        given::<Report>(pending())
            .when(generate(7))
            .then_once(generated(7));
    }

    #[test]
    fn a_revision_that_is_written_stays_as_it_is() {
        given::<Report>(written())
            .when(generate(8))
            .then_refused(Refusal::WrongState {
                state: "the revision is written",
            });
    }

    #[test]
    fn a_revision_that_failed_is_not_written_later() {
        given::<Report>(given_up())
            .when(generate(7))
            .then_refused(Refusal::WrongState {
                state: "the revision failed",
            });
    }

    #[test]
    fn nothing_is_written_that_nobody_asked_for() {
        let second = RecordGenerated {
            revision: 2,
            ..generate(7)
        };
        let before_the_first = RecordGenerated {
            revision: 0,
            ..generate(7)
        };
        let no_revision = Refusal::NotFound {
            what: "revision of the report",
        };

        given::<Report>([])
            .when(generate(7))
            .then_refused(Refusal::NotFound { what: "report" });
        given::<Report>(pending())
            .when(second)
            .then_refused(no_revision.clone());
        given::<Report>(pending())
            .when(before_the_first)
            .then_refused(no_revision);
    }

    #[test]
    fn no_score_is_above_100() {
        let overall = RecordGenerated {
            overall: 101,
            ..generate(7)
        };
        let part = RecordGenerated {
            breakdown: breakdown(101),
            ..generate(7)
        };

        given::<Report>(pending())
            .when(overall)
            .then_refused(Refusal::invalid("overall", "must be from 0 to 100"));
        given::<Report>(pending())
            .when(part)
            .then_refused(Refusal::invalid("breakdown", "scores must be from 0 to 100"));
    }
}
