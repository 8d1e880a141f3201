//! The verdict of people on one interview.

pub mod events;
#[cfg(test)]
mod given;
pub mod record;
pub mod reverse;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    events::{DecisionEvent, Verdict},
    record::Record,
    reverse::Reverse,
};
use crate::{
    aggregate::{self, Aggregate, Context},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::{AccountId, DecisionId, InterviewId},
};

/// What decisions ask of a verdict.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub enum Decision {
    /// Nobody decided.
    #[default]
    Absent,
    /// A verdict stands.
    Standing {
        /// Which decision.
        decision: DecisionId,
        /// On which interview.
        interview: InterviewId,
        /// What.
        verdict: Verdict,
        /// Who decided.
        by: AccountId,
    },
    /// The verdict was taken back; another may follow.
    Reversed,
}

commands! {
    /// What can be asked of a verdict.
    pub enum DecisionCommand {
        /// A person decides.
        Record(Record),
        /// The verdict is taken back.
        Reverse(Reverse),
    }
}

impl Decision {
    /// The verdict that stands.
    pub const fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Absent | Self::Reversed => None,
            Self::Standing { verdict, .. } => Some(*verdict),
        }
    }
}

impl Aggregate for Decision {
    const CATEGORY: Category = Category::Decision;
    type Event = DecisionEvent;
    type Command = DecisionCommand;

    fn decide(&self, command: &DecisionCommand, _: &Context) -> aggregate::Decision<DecisionEvent> {
        match command {
            DecisionCommand::Record(command) => record::decide(self, command),
            DecisionCommand::Reverse(command) => reverse::decide(self, command),
        }
    }

    fn evolve(self, event: &DecisionEvent) -> Self {
        match event {
            DecisionEvent::DecisionRecorded(event) => Self::Standing {
                decision: event.decision,
                interview: event.interview,
                verdict: event.verdict,
                by: event.by,
            },
            DecisionEvent::DecisionReversed(_) => Self::Reversed,
        }
    }
}

forward_to_cqrs_es!(Decision);
