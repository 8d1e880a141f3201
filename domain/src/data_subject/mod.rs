//! A person's right to be forgotten.

pub mod complete_erasure;
pub mod events;
#[cfg(test)]
mod given;
pub mod request_erasure;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{complete_erasure::CompleteErasure, events::DataSubjectEvent, request_erasure::RequestErasure};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
};

/// How far the erasure of a person's data is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub enum DataSubject {
    /// Nobody asked.
    #[default]
    Kept,
    /// Asked for, and not done yet.
    Requested,
    /// Done.
    Erased,
}

commands! {
    /// What can be asked for a person.
    pub enum DataSubjectCommand {
        /// The data is to be erased.
        RequestErasure(RequestErasure),
        /// The data is erased.
        CompleteErasure(CompleteErasure),
    }
}

impl DataSubject {
    /// True from the request on: nothing new is written about this person.
    pub const fn is_to_be_forgotten(self) -> bool {
        match self {
            Self::Kept => false,
            Self::Requested | Self::Erased => true,
        }
    }
}

impl Aggregate for DataSubject {
    const CATEGORY: Category = Category::DataSubject;
    type Event = DataSubjectEvent;
    type Command = DataSubjectCommand;

    fn decide(&self, command: &DataSubjectCommand, _: &Context) -> Decision<DataSubjectEvent> {
        match command {
            DataSubjectCommand::RequestErasure(command) => request_erasure::decide(*self, command),
            DataSubjectCommand::CompleteErasure(command) => complete_erasure::decide(*self, command),
        }
    }

    fn evolve(self, event: &DataSubjectEvent) -> Self {
        match event {
            DataSubjectEvent::ErasureRequested(_) => Self::Requested,
            DataSubjectEvent::ErasureCompleted(_) => Self::Erased,
        }
    }
}

forward_to_cqrs_es!(DataSubject);
