//! A report written from a transcript, in revisions that are never overwritten.

pub mod check;
pub mod events;
#[cfg(test)]
mod given;
pub mod publish;
pub mod record_failed;
pub mod record_generated;
pub mod request;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    events::{ReportEvent, TranscriptPin},
    publish::Publish,
    record_failed::RecordFailed,
    record_generated::RecordGenerated,
    request::Request,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::{AccountId, InterviewId, ReportId, RunId},
    refusal::Refusal,
};

/// What decisions ask of a report.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub enum Report {
    /// Nobody asked for it.
    #[default]
    Absent,
    /// Asked for at least once.
    Requested(Revisions),
}

/// The revisions of a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Revisions {
    /// Which report.
    pub report: ReportId,
    /// On which interview.
    pub interview: InterviewId,
    /// About whom.
    pub candidate: AccountId,
    /// Each revision, the first at the front.
    pub revisions: Vec<Revision>,
    /// The revision that was published last.
    pub published: Option<u32>,
}

/// One revision of a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// The transcript it rests on.
    pub transcript: TranscriptPin,
    /// Version of the instructions to the writer.
    pub prompt_version: String,
    /// Who asked.
    pub by: AccountId,
    /// How far it is.
    pub progress: Progress,
}

/// How far a revision is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Progress {
    /// Being written.
    Pending,
    /// Written and checked.
    Generated {
        /// By which run.
        run: RunId,
    },
    /// Given up.
    Failed,
}

commands! {
    /// What can be asked of a report.
    pub enum ReportCommand {
        /// A revision is to be written.
        Request(Request),
        /// A revision was written.
        RecordGenerated(RecordGenerated),
        /// A revision could not be written.
        RecordFailed(RecordFailed),
        /// A revision may be read.
        Publish(Publish),
    }
}

impl Report {
    /// The revisions, if any was asked for.
    pub const fn revisions(&self) -> Option<&Revisions> {
        match self {
            Self::Absent => None,
            Self::Requested(revisions) => Some(revisions),
        }
    }

    fn revision(&self, number: u32) -> Result<(&Revisions, &Revision), Refusal> {
        let revisions = self.revisions().ok_or(Refusal::NotFound { what: "report" })?;
        let revision = revisions.get(number).ok_or(Refusal::NotFound {
            what: "revision of the report",
        })?;
        Ok((revisions, revision))
    }
}

impl Revisions {
    /// The revision with this number, from 1.
    pub fn get(&self, number: u32) -> Option<&Revision> {
        self.revisions.get(index(number)?)
    }

    /// Number of the last revision, from 1.
    pub fn last(&self) -> u32 {
        u32::try_from(self.revisions.len()).unwrap_or(u32::MAX)
    }

    fn advance(&mut self, number: u32, progress: Progress) {
        let revision = index(number).and_then(|index| self.revisions.get_mut(index));
        if let Some(revision) = revision {
            revision.progress = progress;
        }
    }
}

fn index(number: u32) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}

impl Aggregate for Report {
    const CATEGORY: Category = Category::Report;
    type Event = ReportEvent;
    type Command = ReportCommand;

    fn decide(&self, command: &ReportCommand, _: &Context) -> Decision<ReportEvent> {
        match command {
            ReportCommand::Request(command) => request::decide(self, command),
            ReportCommand::RecordGenerated(command) => record_generated::decide(self, command),
            ReportCommand::RecordFailed(command) => record_failed::decide(self, command),
            ReportCommand::Publish(command) => publish::decide(self, command),
        }
    }

    fn evolve(self, event: &ReportEvent) -> Self {
        let mut revisions = match (self, event) {
            (Self::Requested(revisions), _) => revisions,
            (Self::Absent, ReportEvent::ReportRequested(event)) => Revisions {
                report: event.report,
                interview: event.interview,
                candidate: event.candidate,
                revisions: Vec::new(),
                published: None,
            },
            (
                Self::Absent,
                ReportEvent::ReportGenerated(_)
                | ReportEvent::ReportFailed(_)
                | ReportEvent::ReportPublished(_),
            ) => return Self::Absent,
        };
        match event {
            ReportEvent::ReportRequested(event) => revisions.revisions.push(Revision {
                transcript: event.transcript.clone(),
                prompt_version: event.prompt_version.clone(),
                by: event.by,
                progress: Progress::Pending,
            }),
            ReportEvent::ReportGenerated(event) => {
                revisions.advance(event.revision, Progress::Generated { run: event.run });
            }
            ReportEvent::ReportFailed(event) => revisions.advance(event.revision, Progress::Failed),
            ReportEvent::ReportPublished(event) => revisions.published = Some(event.revision),
        }
        Self::Requested(revisions)
    }
}

forward_to_cqrs_es!(Report);
