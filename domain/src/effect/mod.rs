//! A deed in the outside world: how often it was tried, and whether anybody gave up.

pub mod attempt;
pub mod events;
pub mod give_up;
#[cfg(test)]
mod given;
pub mod retry;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    attempt::Attempt,
    events::{About, EffectEvent},
    give_up::GiveUp,
    retry::Retry,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
};

/// What decisions ask of an effect.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub enum Effect {
    /// Never tried.
    #[default]
    Fresh,
    /// Being tried.
    Trying {
        /// The last attempt, counted from 1 over all retries.
        attempts: u32,
    },
    /// A dead letter.
    GaveUp {
        /// What it is for.
        about: About,
        /// How often it was tried.
        attempts: u32,
    },
    /// A person wants it tried again, and it was not yet.
    Retried {
        /// How often it was tried before.
        attempts: u32,
    },
}

commands! {
    /// What can be asked of an effect.
    pub enum EffectCommand {
        /// A call is about to be made.
        Attempt(Attempt),
        /// All attempts failed.
        GiveUp(GiveUp),
        /// A person wants it tried again.
        Retry(Retry),
    }
}

impl Effect {
    /// The last attempt, counted from 1 over all retries; 0 before the first.
    pub const fn attempts(&self) -> u32 {
        match self {
            Self::Fresh => 0,
            Self::Trying { attempts } | Self::GaveUp { attempts, .. } | Self::Retried { attempts } => {
                *attempts
            }
        }
    }

    /// True while it is a dead letter.
    pub const fn gave_up(&self) -> bool {
        match self {
            Self::Fresh | Self::Trying { .. } | Self::Retried { .. } => false,
            Self::GaveUp { .. } => true,
        }
    }
}

impl Aggregate for Effect {
    const CATEGORY: Category = Category::Effect;
    type Event = EffectEvent;
    type Command = EffectCommand;

    fn decide(&self, command: &EffectCommand, _: &Context) -> Decision<EffectEvent> {
        match command {
            EffectCommand::Attempt(command) => attempt::decide(self, command),
            EffectCommand::GiveUp(command) => give_up::decide(self, command),
            EffectCommand::Retry(command) => retry::decide(self, command),
        }
    }

    fn evolve(self, event: &EffectEvent) -> Self {
        match event {
            EffectEvent::EffectAttempted(event) => Self::Trying {
                attempts: event.attempt,
            },
            EffectEvent::EffectGaveUp(event) => Self::GaveUp {
                about: event.about,
                attempts: event.attempts,
            },
            EffectEvent::EffectRetried(_) => Self::Retried {
                attempts: self.attempts(),
            },
        }
    }
}

forward_to_cqrs_es!(Effect);
