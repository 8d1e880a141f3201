//! One message to one person, sent at most once.

pub mod accept;
pub mod events;
pub mod fail;
#[cfg(test)]
mod given;
pub mod suppress;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{accept::Accept, events::NotificationEvent, fail::Fail, suppress::Suppress};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    refusal::Refusal,
};

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub enum Notification {
    /// Nothing yet.
    #[default]
    Open,
    /// Taken over by what carries it.
    Accepted,
    /// Not sent, and never will be.
    Suppressed,
    /// Not deliverable.
    Failed,
}

commands! {
    /// What can be asked of a message.
    pub enum NotificationCommand {
        /// It was taken over.
        Accept(Accept),
        /// It is not sent.
        Suppress(Suppress),
        /// It cannot be delivered.
        Fail(Fail),
    }
}

impl Notification {
    /// True when nothing is left to do: accepted, suppressed or failed.
    pub const fn is_settled(self) -> bool {
        match self {
            Self::Open => false,
            Self::Accepted | Self::Suppressed | Self::Failed => true,
        }
    }

    const fn other_outcome(self) -> Refusal {
        Refusal::WrongState {
            state: match self {
                Self::Open => "the message is open",
                Self::Accepted => "the message was accepted",
                Self::Suppressed => "the message was suppressed",
                Self::Failed => "the message failed",
            },
        }
    }
}

impl Aggregate for Notification {
    const CATEGORY: Category = Category::Notification;
    type Event = NotificationEvent;
    type Command = NotificationCommand;

    fn decide(&self, command: &NotificationCommand, _: &Context) -> Decision<NotificationEvent> {
        match command {
            NotificationCommand::Accept(command) => accept::decide(*self, command),
            NotificationCommand::Suppress(command) => suppress::decide(*self, command),
            NotificationCommand::Fail(command) => fail::decide(*self, command),
        }
    }

    fn evolve(self, event: &NotificationEvent) -> Self {
        match event {
            NotificationEvent::NotificationSuppressed(_) => Self::Suppressed,
            NotificationEvent::DeliveryAccepted(_) => Self::Accepted,
            NotificationEvent::DeliveryFailed(_) => Self::Failed,
        }
    }
}

forward_to_cqrs_es!(Notification);
