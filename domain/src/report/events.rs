//! What can happen to a report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AccountId, InterviewId, ReportId, RunId, TranscriptId},
    sealed::Sealed,
};

/// What a report is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// How the candidate did.
    Performance,
}

/// The transcript a report rests on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptPin {
    /// Which transcript.
    pub transcript: TranscriptId,
    /// Which version.
    pub version: u32,
    /// Its keyed digest, in hex.
    pub digest: String,
}

/// A report is to be written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReportRequested {
    /// Which report.
    pub report: ReportId,
    /// On which interview.
    pub interview: InterviewId,
    /// About whom.
    pub candidate: AccountId,
    /// About what.
    pub kind: ReportKind,
    /// The revision it will be, from 1.
    pub revision: u32,
    /// The transcript it rests on.
    pub transcript: TranscriptPin,
    /// Version of the instructions to the writer.
    pub prompt_version: String,
    /// Who asked.
    pub by: AccountId,
}

/// One score of the breakdown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScoreItem {
    /// What was scored: `communication`, `technicalKnowledge`, `technicalDepth`, `problemSolving` or `confidence`.
    pub key: String,
    /// 0 to 100.
    pub score: u8,
}

/// Words of the transcript that a finding rests on, verbatim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The words.
    pub quote: String,
    /// Index of the turn they were said in.
    pub turn: u32,
    /// Where in the turn they begin, in Unicode characters.
    pub offset: u32,
}

/// Something to read or do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Resource {
    /// What it is called.
    pub title: String,
    /// Where it is, if anywhere.
    pub url: Option<String>,
}

/// A strength, a weakness or a recommendation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// In a few words.
    pub title: String,
    /// In a few sentences.
    pub detail: String,
    /// What to do about it.
    pub action_items: Vec<String>,
    /// What helps.
    pub resources: Vec<Resource>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// What a report says in words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ReportBody {
    /// What went well.
    pub strengths: Vec<Finding>,
    /// What did not.
    pub weaknesses: Vec<Finding>,
    /// What to do next.
    pub recommendations: Vec<Finding>,
    /// The whole, in paragraphs.
    pub detailed_feedback: String,
}

/// What wrote a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Engine {
    /// Configured name of the provider.
    pub provider: String,
    /// Name of the model or of the built-in method.
    pub model: String,
    /// True for a language model, false for the built-in deterministic assessor.
    pub is_language_model: bool,
}

/// What a run consumed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct TokenUsage {
    /// Tokens read.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
}

/// A report was written and checked: scores in range, every quote found in the transcript.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReportGenerated {
    /// Which report.
    pub report: ReportId,
    /// On which interview.
    pub interview: InterviewId,
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
    /// The words; about the candidate, and sealed with the candidate's key.
    pub body: Sealed<ReportBody>,
    /// What it consumed.
    pub usage: TokenUsage,
}

/// What was written did not pass the checks, or could not be written at all.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReportFailed {
    /// Which report.
    pub report: ReportId,
    /// On which interview.
    pub interview: InterviewId,
    /// Which revision.
    pub revision: u32,
    /// Short code of the reason, such as `quote_not_in_transcript`.
    pub code: String,
}

/// A revision of a report may be read by those it is for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReportPublished {
    /// Which report.
    pub report: ReportId,
    /// On which interview.
    pub interview: InterviewId,
    /// Which revision.
    pub revision: u32,
    /// Who published it.
    pub by: AccountId,
}

events! {
    /// What can happen to a report.
    pub enum ReportEvent in Category::Report {
        ReportRequested = "report.requested" v 1 links(interview, candidate, by),
        ReportGenerated = "report.generated" v 1 links(interview),
        ReportFailed = "report.failed" v 1 links(interview),
        ReportPublished = "report.published" v 1 links(interview, by),
    }
}
