//! What an interviewer says in a scorecard, before it is sealed.

use domain::{
    ids::{AccountId, SubjectId},
    scorecard::events::{CandidateFeedback, Rating, Recommendation, ScorecardContent},
    sealed::Sealed,
};
use serde::Serialize;

/// The rating of one criterion.
#[derive(Clone, Debug, Serialize)]
pub struct RatingSaid {
    /// Which criterion.
    pub criterion: String,
    /// 1 to 5; `None` is not rated.
    pub value: Option<u8>,
    /// What it rests on.
    pub note: Option<String>,
}

/// A whole scorecard.
#[derive(Clone, Debug, Serialize)]
pub struct ContentSaid {
    /// One rating for each criterion.
    pub ratings: Vec<RatingSaid>,
    /// Overall, 1 to 5 stars.
    pub overall: u8,
    /// What to do.
    pub recommendation: Recommendation,
    /// Never shown to the candidate.
    pub private_note: Option<String>,
    /// May be released to the candidate.
    pub feedback: Option<CandidateFeedback>,
    /// Keyed hash of all of it, so that an identical repeat is recognised without reading inside.
    pub fingerprint: String,
}

impl ContentSaid {
    /// Sealed with the key of the candidate, whom it is about.
    pub fn seal(&self, candidate: AccountId) -> ScorecardContent {
        let subject = SubjectId::of(candidate);
        let note = |text: &String| Sealed::open(subject, text.clone());
        let rating = |said: &RatingSaid| Rating {
            criterion: said.criterion.clone(),
            value: said.value,
            note: said.note.as_ref().map(note),
        };
        ScorecardContent {
            ratings: self.ratings.iter().map(rating).collect(),
            overall: self.overall,
            recommendation: self.recommendation,
            private_note: self.private_note.as_ref().map(note),
            feedback: self
                .feedback
                .clone()
                .map(|feedback| Sealed::open(subject, feedback)),
            fingerprint: self.fingerprint.clone(),
        }
    }
}
