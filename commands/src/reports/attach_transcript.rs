//! A transcript is attached to an interview; its text was sealed into blob storage before.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, TranscriptId},
    interview::Interview,
    refusal::Refusal,
    transcript::{Transcript, TranscriptCommand, events::BlobRef, finalise::Finalise},
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

/// A transcript.
#[derive(Clone, Debug, Serialize)]
pub struct AttachTranscript {
    /// Of which interview.
    pub interview: InterviewId,
    /// Who attaches it.
    pub by: AccountId,
    /// Whether a role lets this person work with every interview.
    pub is_staff: bool,
    /// Where the text is. Left out of the input's hash: a repeat stores another blob with the same text.
    #[serde(skip)]
    pub content: BlobRef,
    /// Keyed digest of the text.
    pub digest: String,
    /// How many turns.
    pub turns: u32,
    /// How long it lasts, in milliseconds.
    pub duration_ms: u64,
}

/// Which transcript it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attached {
    /// Its id.
    pub transcript: TranscriptId,
}

#[async_trait]
impl UseCase for AttachTranscript {
    const OPERATION: &'static str = "attachTranscript";
    type Output = Attached;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Attached, CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        on_panel_or_staff(&interview, self.by, self.is_staff)?;
        if !interview.booked()?.phase.has_started() {
            return Err(Refusal::WrongState {
                state: "the interview has not started",
            }
            .into());
        }
        let transcript = TranscriptId::of(self.interview);
        let finalise = Finalise {
            transcript,
            interview: self.interview,
            content: self.content.clone(),
            turns: self.turns,
            duration_ms: self.duration_ms,
            by: self.by,
        };
        unit.decide::<Transcript>(transcript.uuid(), TranscriptCommand::Finalise(finalise))
            .await?;
        Ok(Attached { transcript })
    }
}

/// The candidate, if the person may work with the interview; otherwise there is none.
pub(super) fn on_panel_or_staff(
    interview: &Interview,
    by: AccountId,
    is_staff: bool,
) -> Result<AccountId, Refusal> {
    let booking = interview.booked()?;
    let may = (is_staff || booking.is_panel_member(by)) && !booking.is_candidate(by);
    if may {
        booking.joined_candidate()
    } else {
        Err(Refusal::NotFound { what: "interview" })
    }
}
