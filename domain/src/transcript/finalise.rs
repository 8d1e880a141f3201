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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{fold, id},
        report::events::TranscriptPin,
        testing::given,
        transcript::given::{finalise, finalised, text},
    };

    #[test]
    fn the_first_text_is_version_1_and_the_same_text_again_is_nothing() {
        given::<Transcript>([])
            .when(finalise("first"))
            .then_once(finalised(1, "first"));
    }

    #[test]
    fn another_text_is_the_next_version() {
        given::<Transcript>([finalised(1, "first").into()])
            .when(finalise("second"))
            .then_once(finalised(2, "second"));
    }

    #[test]
    fn a_former_text_that_comes_back_is_a_version_of_its_own() {
        given::<Transcript>([finalised(1, "first").into(), finalised(2, "second").into()])
            .when(finalise("first"))
            .then_once(finalised(3, "first"));
    }

    #[test]
    fn reports_rest_on_the_last_version() {
        let transcript = fold::<Transcript>(&[finalised(1, "first").into(), finalised(2, "second").into()]);

        assert_eq!(transcript.content(), Some(&text("second")));
        assert_eq!(
            transcript.pin(),
            Some(TranscriptPin {
                transcript: id(3),
                version: 2,
                digest: "second".to_owned(),
            })
        );
    }

    #[test]
    fn an_interview_without_a_transcript_has_nothing_to_rest_on() {
        assert_eq!(Transcript::Absent.pin(), None);
        assert_eq!(Transcript::Absent.content(), None);
    }
}
