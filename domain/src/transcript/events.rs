//! What can happen to the transcript of an interview.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AccountId, BlobId, InterviewId, SubjectId, TranscriptId},
};

/// A long text about a person, in blob storage, sealed with that person's key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BlobRef {
    /// Where it is.
    pub blob: BlobId,
    /// Whose key opens it.
    pub subject: SubjectId,
    /// SHA-256 of the plain bytes keyed per subject, in hex, so that it says nothing once the key is gone.
    pub digest: String,
    /// Length of the plain bytes.
    pub bytes: u64,
}

/// The transcript as reports will read it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptFinalised {
    /// Which transcript.
    pub transcript: TranscriptId,
    /// Of which interview.
    pub interview: InterviewId,
    /// Version, from 1.
    pub version: u32,
    /// The text: turns with speaker, start and end in milliseconds.
    pub content: BlobRef,
    /// How many turns.
    pub turns: u32,
    /// How long it lasts, in milliseconds.
    pub duration_ms: u64,
    /// Who attached it.
    pub by: AccountId,
}

events! {
    /// What can happen to a transcript.
    pub enum TranscriptEvent in Category::Transcript {
        TranscriptFinalised = "transcript.finalised" v 1 links(interview, by),
    }
}
