//! Releasing the candidate's part of a scorecard.

use super::{
    Feedback,
    events::{FeedbackEvent, FeedbackReleased},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, FeedbackId, InterviewId, ScorecardId},
    refusal::Refusal,
    scorecard::events::CandidateFeedback,
    sealed::Sealed,
};

/// The candidate may read this from now on (rule F2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Release {
    /// Which feedback.
    pub feedback: FeedbackId,
    /// On which interview.
    pub interview: InterviewId,
    /// From which scorecard.
    pub scorecard: ScorecardId,
    /// Version of the scorecard.
    pub version: u32,
    /// To whom.
    pub candidate: AccountId,
    /// What it says.
    pub content: Sealed<CandidateFeedback>,
    /// Who releases it; nobody when the rules of a mock interview do.
    pub by: Option<AccountId>,
}

/// Nothing when this version of the scorecard was released.
///
/// # Errors
/// `StaleVersion` when a newer version was.
pub fn decide(feedback: &Feedback, command: &Release) -> Decision<FeedbackEvent> {
    match feedback.released(command.scorecard) {
        Some(version) if version == command.version => return nothing(),
        Some(version) if version > command.version => {
            return Err(Refusal::StaleVersion {
                current: u64::from(version),
            });
        }
        Some(_) | None => {}
    }
    one(FeedbackReleased {
        feedback: command.feedback,
        interview: command.interview,
        scorecard: command.scorecard,
        version: command.version,
        candidate: command.candidate,
        content: command.content.clone(),
        by: command.by,
    })
}
