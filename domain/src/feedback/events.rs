//! What can happen to the feedback that a candidate reads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AccountId, FeedbackId, InterviewId, ScorecardId},
    scorecard::events::CandidateFeedback,
    sealed::Sealed,
};

/// The part of a scorecard that is meant for the candidate was released.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackReleased {
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
    /// Who released it; nobody when the rules of a mock interview did.
    pub by: Option<AccountId>,
}

events! {
    /// What can happen to feedback.
    pub enum FeedbackEvent in Category::Feedback {
        FeedbackReleased = "feedback.released" v 1 links(interview, candidate, scorecard),
    }
}
