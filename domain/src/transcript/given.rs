//! Builders for tests around transcripts.

use super::{
    events::{BlobRef, TranscriptFinalised},
    finalise::Finalise,
};
use crate::given::id;

pub(super) fn text(digest: &str) -> BlobRef {
    BlobRef {
        blob: id(1),
        subject: id(2),
        digest: digest.to_owned(),
        bytes: 900,
    }
}

pub(super) fn finalise(digest: &str) -> Finalise {
    Finalise {
        transcript: id(3),
        interview: id(4),
        content: text(digest),
        turns: 12,
        duration_ms: 60_000,
        by: id(5),
    }
}

pub(super) fn finalised(version: u32, digest: &str) -> TranscriptFinalised {
    TranscriptFinalised {
        transcript: id(3),
        interview: id(4),
        version,
        content: text(digest),
        turns: 12,
        duration_ms: 60_000,
        by: id(5),
    }
}
