//! Attaching a version of the transcript.

use super::{
    Transcript,
    events::{BlobRef, TranscriptEvent, TranscriptFinalised},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, InterviewId, TranscriptId},
};

/// The text, already checked and stored, becomes the version that reports read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finalise {
    /// Which transcript.
    pub transcript: TranscriptId,
    /// Of which interview.
    pub interview: InterviewId,
    /// Where the text is.
    pub content: BlobRef,
    /// How many turns.
    pub turns: u32,
    /// How long it lasts, in milliseconds.
    pub duration_ms: u64,
    /// Who attaches it.
    pub by: AccountId,
}

/// Nothing when the text is the present one; never refused.
pub fn decide(transcript: &Transcript, command: &Finalise) -> Decision<TranscriptEvent> {
    let version = match transcript {
        Transcript::Absent => 1,
        Transcript::Final { content, .. } if content.digest == command.content.digest => return nothing(),
        Transcript::Final { version, .. } => version + 1,
    };
    one(TranscriptFinalised {
        transcript: command.transcript,
        interview: command.interview,
        version,
        content: command.content.clone(),
        turns: command.turns,
        duration_ms: command.duration_ms,
        by: command.by,
    })
}
