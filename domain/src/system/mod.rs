//! What happens to the installation as a whole, beside all organisations.

pub mod events;
pub mod record_restore;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{events::SystemEvent, record_restore::RecordRestore};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    time::Instant,
};

/// The installation. There is one stream of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Installation {
    /// When its log was last restored from a backup.
    pub restored_at: Option<Instant>,
}

commands! {
    /// What can be asked of the installation.
    pub enum SystemCommand {
        /// The log was restored from a backup.
        RecordRestore(RecordRestore),
    }
}

impl Aggregate for Installation {
    const CATEGORY: Category = Category::System;
    type Event = SystemEvent;
    type Command = SystemCommand;

    fn decide(&self, command: &SystemCommand, _: &Context) -> Decision<SystemEvent> {
        match command {
            SystemCommand::RecordRestore(command) => record_restore::decide(*self, command),
        }
    }

    fn evolve(self, event: &SystemEvent) -> Self {
        match event {
            SystemEvent::LogRestored(event) => Self {
                restored_at: Some(event.at),
            },
        }
    }
}

forward_to_cqrs_es!(Installation);
