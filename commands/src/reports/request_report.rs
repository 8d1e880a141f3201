//! Somebody asks for a report, to be written in the background from the interview's transcript.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, ReportId, TranscriptId},
    interview::Interview,
    refusal::Refusal,
    report::{Report, ReportCommand, events::ReportKind, request::Request},
    transcript::Transcript,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::attach_transcript::on_panel_or_staff;

/// A report that is wanted.
#[derive(Clone, Debug, Serialize)]
pub struct RequestReport {
    /// On which interview.
    pub interview: InterviewId,
    /// Who asks.
    pub by: AccountId,
    /// Whether a role lets this person work with every interview.
    pub is_staff: bool,
    /// Version of the instructions to the present writer, pinned in the request.
    pub prompt_version: String,
}

/// Which report it will be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReportAsked {
    /// Its id.
    pub report: ReportId,
}

#[async_trait]
impl UseCase for RequestReport {
    const OPERATION: &'static str = "requestReport";
    type Output = ReportAsked;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<ReportAsked, CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let candidate = on_panel_or_staff(&interview, self.by, self.is_staff)?;
        let transcript: Transcript = unit.load(TranscriptId::of(self.interview).uuid()).await?;
        let pin = transcript.pin().ok_or(Refusal::NoTranscript)?;
        let report = ReportId::on(self.interview);
        let request = Request {
            report,
            interview: self.interview,
            candidate,
            kind: ReportKind::Performance,
            transcript: pin,
            prompt_version: self.prompt_version.clone(),
            by: self.by,
        };
        unit.decide::<Report>(report.uuid(), ReportCommand::Request(request))
            .await?;
        Ok(ReportAsked { report })
    }
}
