//! What a provider told us, once. One stream per message, named by the provider's own event id.

pub mod events;
pub mod park;
pub mod receive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    events::{ProviderEventReceived, ProviderFact, ProviderInboxEvent},
    park::Park,
    receive::Receive,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
};

/// Whether a provider's message has arrived, and what it says.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum ProviderInbox {
    /// It has not.
    #[default]
    Absent,
    /// It has.
    Received {
        /// Configured name of the provider.
        provider: String,
        /// What it says.
        facts: Vec<ProviderFact>,
        /// True when it has no place here.
        parked: bool,
    },
}

commands! {
    /// What can be asked of the inbox.
    pub enum ProviderInboxCommand {
        /// Takes in a message.
        Receive(Receive),
        /// Sets a message aside that has no place.
        Park(Park),
    }
}

impl Aggregate for ProviderInbox {
    const CATEGORY: Category = Category::ProviderInbox;
    type Event = ProviderInboxEvent;
    type Command = ProviderInboxCommand;

    fn decide(&self, command: &ProviderInboxCommand, _: &Context) -> Decision<ProviderInboxEvent> {
        match command {
            ProviderInboxCommand::Receive(command) => receive::decide(self, command),
            ProviderInboxCommand::Park(command) => park::decide(self, command),
        }
    }

    fn evolve(self, event: &ProviderInboxEvent) -> Self {
        match event {
            ProviderInboxEvent::ProviderEventReceived(ProviderEventReceived { provider, facts, .. }) => {
                Self::Received {
                    provider: provider.clone(),
                    facts: facts.clone(),
                    parked: false,
                }
            }
            ProviderInboxEvent::ProviderEventParked(_) => match self {
                Self::Absent => Self::Absent,
                Self::Received { provider, facts, .. } => Self::Received {
                    provider,
                    facts,
                    parked: true,
                },
            },
        }
    }
}

forward_to_cqrs_es!(ProviderInbox);
