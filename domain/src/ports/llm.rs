//! Writing a report from a transcript, by a language model or by a fixed method.

use std::fmt;

use async_trait::async_trait;

use crate::{
    ids::RunId,
    interview_type::events::{Difficulty, InterviewKind},
    ports::error::ProviderError,
    report::events::{Engine, ReportBody, ScoreItem, TokenUsage},
    transcript::content::Transcript,
};

/// Somebody who reads a transcript and writes an assessment.
#[async_trait]
pub trait Assessor: Send + Sync {
    /// What writes, as it stands in the report.
    fn engine(&self) -> Engine;

    /// Version of the instructions or of the method; the same version and transcript are worth the same trust.
    fn prompt_version(&self) -> &str;

    /// Writes one assessment. What comes back is shaped as agreed, but its scores and quotes are not yet checked
    /// against the transcript: see [`crate::report::check`].
    ///
    /// # Errors
    /// [`ProviderError`]. `Rejected` has the codes `refused` (it would not), `too_long` (transcript or answer did not
    /// fit), `content_filtered` and `bad_answer` (not what was agreed), or the provider's own.
    async fn assess(&self, request: &AssessmentRequest<'_>) -> Result<Assessment, ProviderError>;
}

/// What an assessment rests on.
#[derive(Clone)]
pub struct AssessmentRequest<'a> {
    /// Which run, and so the idempotency key where the provider knows one.
    pub key: RunId,
    /// What was said.
    pub transcript: &'a Transcript,
    /// Title of the interview type.
    pub title: &'a str,
    /// What the interview was about.
    pub kind: InterviewKind,
    /// How hard it was.
    pub difficulty: Difficulty,
    /// Language to write in, a BCP 47 tag.
    pub locale: &'a str,
    /// What a good candidate would have brought up, in a few words each; may be empty.
    pub expected_key_points: &'a [String],
}

/// Shows which run it is and nothing of what was said.
impl fmt::Debug for AssessmentRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssessmentRequest")
            .field("key", &self.key)
            .field("kind", &self.kind)
            .field("turns", &self.transcript.turns.len())
            .finish_non_exhaustive()
    }
}

/// What was written.
#[derive(Clone, PartialEq, Eq)]
pub struct Assessment {
    /// 0 to 100.
    pub overall: u8,
    /// The parts, one for each key of [`crate::report::check::BREAKDOWN`].
    pub breakdown: Vec<ScoreItem>,
    /// The words.
    pub body: ReportBody,
    /// What it consumed.
    pub usage: TokenUsage,
}

/// Shows nothing of what was written: it is about a person.
impl fmt::Debug for Assessment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assessment")
            .field("usage", &self.usage)
            .finish_non_exhaustive()
    }
}
