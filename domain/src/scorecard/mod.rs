//! A scorecard: one interviewer's rating of one interview.

pub mod amend;
pub mod assign;
pub mod decline;
pub mod events;
#[cfg(test)]
mod given;
pub mod submit;
pub mod summary;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    amend::Amend,
    assign::Assign,
    decline::Decline,
    events::{CandidateFeedback, ScorecardContent, ScorecardEvent},
    submit::Submit,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::{AccountId, InterviewId, ScorecardId},
    refusal::Refusal,
    sealed::Sealed,
    time::Instant,
};

/// What decisions ask of a scorecard.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub enum Scorecard {
    /// Not assigned.
    #[default]
    Absent,
    /// Expected.
    Assigned(Assignment),
    /// In.
    Submitted {
        /// Who rates whom.
        assignment: Assignment,
        /// Version of the rating, from 1.
        version: u32,
        /// Keyed hash of the whole present input.
        fingerprint: String,
        /// The part that may be released to the candidate.
        feedback: Option<Sealed<CandidateFeedback>>,
    },
    /// The interviewer does not rate.
    Declined(Assignment),
}

/// Who rates whom, by what, until when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Assignment {
    /// Which scorecard.
    pub scorecard: ScorecardId,
    /// Of which interview.
    pub interview: InterviewId,
    /// Who rates.
    pub account: AccountId,
    /// Who is rated.
    pub candidate: AccountId,
    /// Ids of the criteria.
    pub criteria: Vec<String>,
    /// Until when it is expected.
    pub due_at: Instant,
}

commands! {
    /// What can be asked of a scorecard.
    pub enum ScorecardCommand {
        /// A panel member is to rate.
        Assign(Assign),
        /// The rating is given.
        Submit(Submit),
        /// The rating is changed.
        Amend(Amend),
        /// The interviewer does not rate.
        Decline(Decline),
    }
}

/// What a stranger hears, and what anybody hears of a scorecard that is not there: the same.
const NO_SCORECARD: Refusal = Refusal::NotFound { what: "scorecard" };

impl Scorecard {
    /// Who rates whom; none before it is assigned.
    pub const fn assignment(&self) -> Option<&Assignment> {
        match self {
            Self::Absent => None,
            Self::Assigned(assignment) | Self::Declined(assignment) | Self::Submitted { assignment, .. } => {
                Some(assignment)
            }
        }
    }

    /// Version of the rating; none before it is in.
    pub const fn version(&self) -> Option<u32> {
        match self {
            Self::Absent | Self::Assigned(_) | Self::Declined(_) => None,
            Self::Submitted { version, .. } => Some(*version),
        }
    }

    /// The part that may be released to the candidate, in its present version.
    pub const fn feedback(&self) -> Option<&Sealed<CandidateFeedback>> {
        match self {
            Self::Absent | Self::Assigned(_) | Self::Declined(_) => None,
            Self::Submitted { feedback, .. } => feedback.as_ref(),
        }
    }

    /// True while a rating is expected and neither in nor declined.
    pub const fn is_missing(&self) -> bool {
        match self {
            Self::Assigned(_) => true,
            Self::Absent | Self::Declined(_) | Self::Submitted { .. } => false,
        }
    }

    /// The assignment, if it is this account's.
    fn of(&self, account: AccountId) -> Result<&Assignment, Refusal> {
        self.assignment()
            .filter(|assignment| assignment.account == account)
            .ok_or(NO_SCORECARD)
    }
}

impl Assignment {
    /// Every criterion at most once, none unknown, ratings and stars from 1 to 5.
    fn check(&self, content: &ScorecardContent) -> Result<(), Refusal> {
        let mut seen = BTreeSet::new();
        for rating in &content.ratings {
            if !self.criteria.contains(&rating.criterion) {
                return Err(Refusal::invalid("ratings", "no such criterion"));
            }
            if !seen.insert(&rating.criterion) {
                return Err(Refusal::invalid("ratings", "a criterion is rated twice"));
            }
            if rating.value.is_some_and(|value| !(1..=5).contains(&value)) {
                return Err(Refusal::invalid("ratings", "a rating goes from 1 to 5"));
            }
        }
        if !(1..=5).contains(&content.overall) {
            return Err(Refusal::invalid("overall", "must be from 1 to 5"));
        }
        Ok(())
    }
}

impl Aggregate for Scorecard {
    const CATEGORY: Category = Category::Scorecard;
    type Event = ScorecardEvent;
    type Command = ScorecardCommand;

    fn decide(&self, command: &ScorecardCommand, context: &Context) -> Decision<ScorecardEvent> {
        match command {
            ScorecardCommand::Assign(command) => assign::decide(self, command),
            ScorecardCommand::Submit(command) => submit::decide(self, command, context),
            ScorecardCommand::Amend(command) => amend::decide(self, command),
            ScorecardCommand::Decline(command) => decline::decide(self, command),
        }
    }

    fn evolve(self, event: &ScorecardEvent) -> Self {
        match event {
            ScorecardEvent::ScorecardAssigned(event) => Self::Assigned(Assignment {
                scorecard: event.scorecard,
                interview: event.interview,
                account: event.account,
                candidate: event.candidate,
                criteria: event
                    .criteria
                    .iter()
                    .map(|criterion| criterion.id.clone())
                    .collect(),
                due_at: event.due_at,
            }),
            ScorecardEvent::ScorecardSubmitted(event) => self.rated(1, &event.content),
            ScorecardEvent::ScorecardAmended(event) => self.rated(event.version, &event.content),
            ScorecardEvent::ScorecardDeclined(_) => match self {
                Self::Absent => Self::Absent,
                Self::Assigned(assignment)
                | Self::Declined(assignment)
                | Self::Submitted { assignment, .. } => Self::Declined(assignment),
            },
        }
    }
}

impl Scorecard {
    fn rated(self, version: u32, content: &ScorecardContent) -> Self {
        match self {
            Self::Absent => Self::Absent,
            Self::Assigned(assignment) | Self::Declined(assignment) | Self::Submitted { assignment, .. } => {
                Self::Submitted {
                    assignment,
                    version,
                    fingerprint: content.fingerprint.clone(),
                    feedback: content.feedback.clone(),
                }
            }
        }
    }
}

forward_to_cqrs_es!(Scorecard);
