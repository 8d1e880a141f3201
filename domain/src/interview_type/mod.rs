//! An interview type: the product a candidate can book. One stream per type.

pub mod define;
pub mod events;
#[cfg(test)]
pub(crate) mod given;
pub mod retire;
pub mod revise;
mod spec;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    define::Define,
    events::{InterviewTypeEvent, TypeSpec},
    retire::Retire,
    revise::Revise,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
};

/// What an interview type is at present.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum InterviewType {
    /// There is none.
    #[default]
    Absent,
    /// It can be booked.
    Offered {
        /// Version, from 1.
        version: u32,
        /// What it is.
        spec: Box<TypeSpec>,
    },
    /// It can no longer be booked; what was booked stands.
    Retired {
        /// Last version.
        version: u32,
        /// What it was.
        spec: Box<TypeSpec>,
    },
}

commands! {
    /// What can be asked of an interview type.
    pub enum InterviewTypeCommand {
        /// Adds it to what can be booked.
        Define(Define),
        /// Changes it for bookings from now on.
        Revise(Revise),
        /// Takes it out of what can be booked.
        Retire(Retire),
    }
}

impl InterviewType {
    /// What can be booked, with its version; `None` when there is no such type or it is retired.
    pub fn bookable(&self) -> Option<(&TypeSpec, u32)> {
        match self {
            Self::Offered { version, spec } => Some((spec, *version)),
            Self::Absent | Self::Retired { .. } => None,
        }
    }

    /// What it is or was, whether or not it can still be booked: interviews that were booked may still move.
    pub fn spec(&self) -> Option<&TypeSpec> {
        match self {
            Self::Offered { spec, .. } | Self::Retired { spec, .. } => Some(spec),
            Self::Absent => None,
        }
    }
}

impl Aggregate for InterviewType {
    const CATEGORY: Category = Category::InterviewType;
    type Event = InterviewTypeEvent;
    type Command = InterviewTypeCommand;

    fn decide(&self, command: &InterviewTypeCommand, _: &Context) -> Decision<InterviewTypeEvent> {
        match command {
            InterviewTypeCommand::Define(command) => define::decide(self, command),
            InterviewTypeCommand::Revise(command) => revise::decide(self, command),
            InterviewTypeCommand::Retire(command) => retire::decide(self, command),
        }
    }

    fn evolve(self, event: &InterviewTypeEvent) -> Self {
        match event {
            InterviewTypeEvent::InterviewTypeDefined(event) => Self::Offered {
                version: 1,
                spec: Box::new(event.spec.clone()),
            },
            InterviewTypeEvent::InterviewTypeRevised(event) => Self::Offered {
                version: event.version,
                spec: Box::new(event.spec.clone()),
            },
            InterviewTypeEvent::InterviewTypeRetired(_) => match self {
                Self::Offered { version, spec } | Self::Retired { version, spec } => {
                    Self::Retired { version, spec }
                }
                Self::Absent => Self::Absent,
            },
        }
    }
}

forward_to_cqrs_es!(InterviewType);
