//! What can happen to the verdict on an interview: a stream of its own, so that nothing of it shows in the
//! interview's version or feeds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    envelope::Position,
    events,
    ids::{AccountId, DecisionId, InterviewId},
    sealed::Sealed,
    text::Paragraph,
};

/// A verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Succeeded.
    Pass,
    /// Did not succeed.
    Fail,
    /// Postponed.
    OnHold,
}

/// A person decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DecisionRecorded {
    /// Which decision.
    pub decision: DecisionId,
    /// On which interview.
    pub interview: InterviewId,
    /// What.
    pub verdict: Verdict,
    /// Who.
    pub by: AccountId,
    /// Why; about the candidate, and sealed with the candidate's key.
    pub reason: Option<Sealed<String>>,
    /// The last position of the log that the person could have seen.
    pub basis: Position,
    /// Whose scorecards were not in, when it was decided without them.
    pub missing: Vec<AccountId>,
}

/// The verdict was taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DecisionReversed {
    /// Which decision.
    pub decision: DecisionId,
    /// On which interview.
    pub interview: InterviewId,
    /// Who took it back.
    pub by: AccountId,
    /// Why.
    pub reason: Paragraph,
}

events! {
    /// What can happen to a verdict.
    pub enum DecisionEvent in Category::Decision {
        DecisionRecorded = "decision.recorded" v 1 links(interview, by),
        DecisionReversed = "decision.reversed" v 1 links(interview, by),
    }
}
