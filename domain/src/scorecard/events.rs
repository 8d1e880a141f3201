//! What can happen to a scorecard: one interviewer's rating of one interview.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AccountId, InterviewId, ScorecardId},
    rubric::events::{Criterion, RubricPin},
    sealed::Sealed,
    text::Paragraph,
    time::Instant,
};

/// A panel member is to rate an interview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScorecardAssigned {
    /// Which scorecard.
    pub scorecard: ScorecardId,
    /// Of which interview.
    pub interview: InterviewId,
    /// Who rates.
    pub account: AccountId,
    /// Who is rated.
    pub candidate: AccountId,
    /// Which rubric and version.
    pub rubric: Option<RubricPin>,
    /// Its criteria, as they were.
    pub criteria: Vec<Criterion>,
    /// Until when it is expected.
    pub due_at: Instant,
}

/// What an interviewer recommends; never computed from the ratings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recommendation {
    /// By no means.
    StrongNo,
    /// Rather not.
    No,
    /// Rather yes.
    Yes,
    /// By all means.
    StrongYes,
    /// Cannot say.
    NoDecision,
}

/// The rating of one criterion.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rating {
    /// Which criterion.
    pub criterion: String,
    /// 1 to 5; `None` is not rated, which is not zero.
    pub value: Option<u8>,
    /// What it rests on.
    pub note: Option<Sealed<String>>,
}

/// The part of a scorecard that is meant for the candidate, once released.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct CandidateFeedback {
    /// 1 to 5 stars.
    pub rating: Option<u8>,
    /// What went how.
    pub comment: Option<String>,
    /// What to work on.
    pub advice: Option<String>,
}

/// Everything an interviewer says in a scorecard. Notes are about the candidate and sealed with the candidate's key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScorecardContent {
    /// One rating for each criterion.
    pub ratings: Vec<Rating>,
    /// Overall, 1 to 5 stars.
    pub overall: u8,
    /// What to do.
    pub recommendation: Recommendation,
    /// Never shown to the candidate.
    pub private_note: Option<Sealed<String>>,
    /// May be released to the candidate.
    pub feedback: Option<Sealed<CandidateFeedback>>,
    /// Keyed hash of the whole input, so that an identical repeat is recognised without reading inside.
    pub fingerprint: String,
}

/// The rating was given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScorecardSubmitted {
    /// Which scorecard.
    pub scorecard: ScorecardId,
    /// Of which interview.
    pub interview: InterviewId,
    /// Who rates.
    pub account: AccountId,
    /// What it says.
    pub content: ScorecardContent,
    /// True when it came after it was due.
    pub late: bool,
}

/// The rating was changed after it was given; the former stays in the history.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScorecardAmended {
    /// Which scorecard.
    pub scorecard: ScorecardId,
    /// Of which interview.
    pub interview: InterviewId,
    /// Who rates.
    pub account: AccountId,
    /// Version of the rating that this made, from 2.
    pub version: u32,
    /// What it says now.
    pub content: ScorecardContent,
    /// Why.
    pub reason: Paragraph,
    /// True when the rater could see another's rating by then.
    pub others_visible_before: bool,
}

/// The interviewer will not rate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScorecardDeclined {
    /// Which scorecard.
    pub scorecard: ScorecardId,
    /// Of which interview.
    pub interview: InterviewId,
    /// Who does not.
    pub account: AccountId,
    /// Why.
    pub reason: Paragraph,
}

events! {
    /// What can happen to a scorecard.
    pub enum ScorecardEvent in Category::Scorecard {
        ScorecardAssigned = "scorecard.assigned" v 1 links(interview, account),
        ScorecardSubmitted = "scorecard.submitted" v 1 links(interview, account),
        ScorecardAmended = "scorecard.amended" v 1 links(interview, account),
        ScorecardDeclined = "scorecard.declined" v 1 links(interview, account),
    }
}
