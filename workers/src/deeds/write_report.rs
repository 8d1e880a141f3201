//! Has a report written from a transcript, and keeps it only if it passes the checks.

use commands::effects::{fail_report::FailReport, record_report::RecordReport};
use domain::{
    envelope::StreamId,
    fact::Category,
    ids::{self, InterviewId, ReportId},
    interview::Interview,
    ports::{error::ProviderError, llm::AssessmentRequest},
    refusal::Refusal,
    report::{Progress, Report, check, events::TranscriptPin},
    transcript::{
        content::Transcript,
        events::{BlobRef, TranscriptEvent},
    },
};
use futures::TryStreamExt;
use store::{
    executor::CommandError,
    log::{Filter, Query},
};

use super::{Stop, Tools, Tried};
use crate::{db::Task, runner::Outcome};

/// Nothing is written for a revision that is written or has failed. What was refused, or did not pass, is a failed
/// revision and no dead letter: whoever asked may ask again.
pub(super) async fn perform(
    tools: &Tools,
    task: &Task,
    report: ReportId,
    revision: u32,
    interview: InterviewId,
) -> Tried {
    let state: Report = tools.load(task, report.uuid()).await?;
    let revisions = state.revisions().ok_or(Refusal::NotFound { what: "report" })?;
    let wanted = revisions.get(revision).ok_or(Refusal::NotFound {
        what: "revision of the report",
    })?;
    if wanted.progress != Progress::Pending {
        return tools.conclude(task).await;
    }
    let failed = |code: &str| FailReport {
        report,
        revision,
        code: code.to_owned(),
    };
    let Some(transcript) = transcript(tools, task, interview, &wanted.transcript).await? else {
        return tools.record(task, &failed("erased")).await;
    };
    let booked: Interview = tools.load(task, interview.uuid()).await?;
    let booking = booked.booked()?;
    let run = ids::derive(&[task.effect.uuid().as_bytes()]);
    let request = AssessmentRequest {
        key: run,
        transcript: &transcript,
        title: booking.title.as_str(),
        kind: booking.kind,
        difficulty: booking.difficulty,
        locale: &booking.locale,
        expected_key_points: &[],
    };
    tools.announce(task).await?;
    let written = match tools.assessor.assess(&request).await {
        Ok(written) => written,
        Err(ProviderError::Rejected { code }) => return tools.record(task, &failed(&code)).await,
        Err(error) => return Err(error.into()),
    };
    if let Err(error) = check::check(&transcript, written.overall, &written.breakdown, &written.body) {
        return tools.record(task, &failed(error.code())).await;
    }
    let record = RecordReport {
        report,
        revision,
        run,
        engine: tools.assessor.engine(),
        overall: written.overall,
        breakdown: written.breakdown,
        body: written.body,
        usage: written.usage,
    };
    tools.record(task, &record).await
}

/// The transcript that was pinned; nothing when the candidate's data was erased.
async fn transcript(
    tools: &Tools,
    task: &Task,
    interview: InterviewId,
    pin: &TranscriptPin,
) -> Result<Option<Transcript>, Stop> {
    let content = pinned(tools, task, pin).await?;
    let Some(sealed) = tools.blobs.get(task.tenant, content.blob).await? else {
        return Ok(None);
    };
    let Some(plain) = tools.vault.open_blob(content.subject, &sealed).await? else {
        return Ok(None);
    };
    Transcript::parse(&plain).map(Some).map_err(|_| {
        tracing::error!(interview.id = %interview, "stored transcript cannot be read");
        Stop(Outcome::GaveUp {
            code: "transcript_unreadable".to_owned(),
        })
    })
}

/// Where the pinned version is: a newer one may have been attached since.
async fn pinned(tools: &Tools, task: &Task, pin: &TranscriptPin) -> Result<BlobRef, Stop> {
    let stream = StreamId {
        tenant: task.tenant,
        category: Category::Transcript,
        id: pin.transcript.uuid(),
    };
    let mut events = tools.log.read(Query::forward(Filter::Stream(stream)));
    while let Some(recorded) = events.try_next().await? {
        let finalised = tools
            .codec
            .decode_as::<TranscriptEvent>(&recorded)
            .map_err(CommandError::from)?;
        for TranscriptEvent::TranscriptFinalised(event) in finalised {
            if event.version == pin.version {
                return Ok(event.content);
            }
        }
    }
    Err(Refusal::NoTranscript.into())
}
