//! Transcripts and reports.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::reports::{
    attach_transcript::AttachTranscript, publish_report::PublishReport, request_report::RequestReport,
};
use domain::{
    ids::{self, BlobId, InterviewId, ReportId, SubjectId},
    refusal::Refusal,
    transcript::{
        content::{Transcript, Turn},
        events::BlobRef,
    },
};
use projections::interviews;

use super::{
    super::{entities::load_report, enums::Speaker, interview::Interview, policy::Operation, report::Report},
    call::{Answer, Call, Outcome, count, id, refused},
    rooms::shown,
};
use crate::error::ApiError;

/// Transcripts and reports.
#[derive(Default, Clone, Copy, Debug)]
pub struct ReportMutation;

/// What somebody said without being interrupted.
#[derive(InputObject, Debug)]
pub struct TurnInput {
    /// Who speaks.
    speaker: Speaker,
    /// When the turn begins, in milliseconds from the start.
    start_ms: i32,
    /// When it ends.
    end_ms: i32,
    /// The words.
    text: String,
}

/// What was said in an interview.
#[derive(InputObject, Debug)]
pub struct TranscriptInput {
    /// Language of the words, a BCP 47 tag.
    language: String,
    /// The turns in order; at most 5,000.
    turns: Vec<TurnInput>,
}

/// A transcript for an interview.
#[derive(InputObject, Debug)]
pub struct AttachTranscriptInput {
    /// Of which interview.
    interview_id: ID,
    /// What was said.
    transcript: TranscriptInput,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The interview with its transcript.
#[derive(SimpleObject, Debug)]
pub struct AttachTranscriptPayload {
    /// The interview as it is now.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A report that is wanted.
#[derive(InputObject, Debug)]
pub struct RequestReportInput {
    /// On which interview.
    interview_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// A report to be published.
#[derive(InputObject, Debug)]
pub struct PublishReportInput {
    /// Which report.
    report_id: ID,
    /// Which revision; the newest when absent.
    revision: Option<i32>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The report that was asked for; it is written in the background.
#[derive(SimpleObject, Debug)]
pub struct RequestReportPayload {
    /// The report as it is now.
    report: Option<Report>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// The report that may now be read by those it is for.
#[derive(SimpleObject, Debug)]
pub struct PublishReportPayload {
    /// The report as it is now.
    report: Option<Report>,
    #[graphql(flatten)]
    outcome: Outcome,
}

impl TranscriptInput {
    fn parse(self) -> Result<Transcript, Refusal> {
        let turn = |turn: TurnInput| {
            Ok(Turn {
                speaker: turn.speaker.into(),
                label: None,
                start_ms: u64::from(count(turn.start_ms, "transcript.turns.startMs")?),
                end_ms: u64::from(count(turn.end_ms, "transcript.turns.endMs")?),
                text: turn.text,
            })
        };
        let turns = self.turns.into_iter().map(turn).collect::<Result<_, Refusal>>()?;
        let transcript = Transcript {
            language: self.language,
            turns,
        };
        transcript
            .check()
            .map_err(|error| Refusal::invalid("transcript", error.to_string()))?;
        Ok(transcript)
    }
}

/// Seals a transcript into blob storage, with the key of the candidate, whom it is about.
async fn keep(
    call: &Call<'_>,
    interview: InterviewId,
    transcript: &Transcript,
) -> Result<Result<BlobRef, Refusal>> {
    let (db, tenant) = (call.services.db(), call.viewer.tenant);
    let row = interviews::by_id(db, tenant, call.viewer.scope(), interview)
        .await
        .map_err(ApiError::unavailable)?;
    let Some(row) = row else {
        return Ok(Err(Refusal::NotFound { what: "interview" }));
    };
    let Some(candidate) = row.row.candidate else {
        return Ok(Err(Refusal::WrongState {
            state: "nobody has joined the session",
        }));
    };
    let subject = SubjectId::of(candidate);
    let plain = serde_json::to_vec(transcript).map_err(ApiError::fault)?;
    let token = call
        .services
        .vault
        .token(&format!("transcript of {subject}"), &plain);
    let digest = token.iter().map(|byte| format!("{byte:02x}")).collect();
    let sealed = match call.services.vault.seal_blob(subject, &plain).await {
        Ok(sealed) => sealed,
        Err(store::vault::VaultError::Erased) => return Ok(Err(Refusal::Erased)),
        Err(error) => return Err(ApiError::unavailable(error).into()),
    };
    // The same text has the same place, so that a repeat leaves nothing behind.
    let blob: BlobId = ids::derive(&[interview.uuid().as_bytes(), &token]);
    call.services
        .blobs
        .put(tenant, blob, sealed)
        .await
        .map_err(ApiError::unavailable)?;
    Ok(Ok(BlobRef {
        blob,
        subject,
        digest,
        bytes: plain.len() as u64,
    }))
}

/// A refusal stores nothing: the text that was kept for it goes, unless it is the one that is attached already.
async fn drop_unused(call: &Call<'_>, interview: InterviewId, blob: BlobId) -> Result<()> {
    let (db, tenant) = (call.services.db(), call.viewer.tenant);
    let row = interviews::by_id(db, tenant, call.viewer.scope(), interview)
        .await
        .map_err(ApiError::unavailable)?;
    let transcript = row.as_ref().and_then(|row| row.row.transcript.as_ref());
    let attached = transcript.map(|transcript| transcript.content.blob);
    if attached != Some(blob) {
        call.services
            .blobs
            .delete(tenant, blob)
            .await
            .map_err(ApiError::unavailable)?;
    }
    Ok(())
}

#[Object]
impl ReportMutation {
    /// Attaches a transcript to an interview, or a newer version of it. Reports rest on it.
    async fn attach_transcript(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: AttachTranscriptInput,
    ) -> Result<AttachTranscriptPayload> {
        let call = Call::begin(ctx, Operation::AttachTranscript)?;
        let interview = id(&input.interview_id, "interview");
        let parsed = interview
            .clone()
            .and_then(|interview| Ok((interview, input.transcript.parse()?)));
        let kept = match parsed {
            Err(refusal) => Err(refusal),
            Ok((interview, transcript)) => match keep(&call, interview, &transcript).await? {
                Ok(content) => Ok((interview, transcript, content)),
                Err(refusal) => Err(refusal),
            },
        };
        let use_case = kept.map(|(interview, transcript, content)| AttachTranscript {
            interview,
            by: call.viewer.account,
            is_staff: call.viewer.is_staff(),
            digest: content.digest.clone(),
            content,
            turns: u32::try_from(transcript.turns.len()).unwrap_or(u32::MAX),
            duration_ms: transcript.duration_ms(),
        });
        let blob = use_case
            .as_ref()
            .ok()
            .map(|use_case| (use_case.interview, use_case.content.blob));
        let (attached, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        if let (None, Some((interview, blob))) = (&attached, blob) {
            drop_unused(&call, interview, blob).await?;
        }
        let interview = if attached.is_some() {
            shown(ctx, &call, interview).await?
        } else {
            None
        };
        Ok(AttachTranscriptPayload { interview, outcome })
    }

    /// Asks for a report on an interview. It is written in the background from the transcript, and checked: scores in
    /// range, every quote found in the transcript.
    async fn request_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: RequestReportInput,
    ) -> Result<RequestReportPayload> {
        let call = Call::begin(ctx, Operation::RequestReport)?;
        let use_case = id(&input.interview_id, "interview").map(|interview: InterviewId| RequestReport {
            interview,
            by: call.viewer.account,
            is_staff: call.viewer.is_staff(),
            prompt_version: call.services.prompt_version.clone(),
        });
        let (asked, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let report = match asked {
            Some(asked) => load_report(ctx, call.viewer, asked.report, None).await?,
            None => None,
        };
        Ok(RequestReportPayload { report, outcome })
    }

    /// Lets the readers of a report read a revision of it.
    async fn publish_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: PublishReportInput,
    ) -> Result<PublishReportPayload> {
        let call = Call::begin(ctx, Operation::PublishReport)?;
        let report: Result<ReportId, Refusal> = id(&input.report_id, "report");
        let revision = input
            .revision
            .map(|revision| count(revision, "revision"))
            .transpose();
        let use_case = report.clone().and_then(|report| {
            Ok(PublishReport {
                report,
                by: call.viewer.account,
                revision: revision?,
            })
        });
        let answer: Answer<()> = match use_case {
            Ok(use_case) => call.run(input.idempotency_key, Ok(use_case)).await?,
            Err(refusal) => refused(refusal),
        };
        let (done, outcome) = answer.split();
        let report = match done.and(report.ok()) {
            Some(report) => load_report(ctx, call.viewer, report, None).await?,
            None => None,
        };
        Ok(PublishReportPayload { report, outcome })
    }
}
