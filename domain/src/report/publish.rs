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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::id,
        report::given::{given_up, pending, published, written},
        testing::given,
    };

    fn publish(revision: u32) -> Publish {
        Publish { revision, by: id(4) }
    }

    #[test]
    fn a_written_revision_is_published_once() {
        given::<Report>(written()).when(publish(1)).then_once(published());
    }

    #[test]
    fn only_what_is_written_is_published() {
        given::<Report>(pending())
            .when(publish(1))
            .then_refused(Refusal::WrongState {
                state: "the revision is being written",
            });
        given::<Report>(given_up())
            .when(publish(1))
            .then_refused(Refusal::WrongState {
                state: "the revision failed",
            });
    }

    #[test]
    fn nothing_is_published_that_nobody_asked_for() {
        given::<Report>([])
            .when(publish(1))
            .then_refused(Refusal::NotFound { what: "report" });
        given::<Report>(written())
            .when(publish(2))
            .then_refused(Refusal::NotFound {
                what: "revision of the report",
            });
    }
}
