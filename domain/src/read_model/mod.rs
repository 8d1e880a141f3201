//! What people decided about an organisation's rows in a read model: which events are left out of it.

pub mod events;
#[cfg(test)]
mod given;
pub mod skip_event;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{events::ReadModelEvent, skip_event::SkipEvent};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    envelope::Position,
    fact::Category,
    forward_to_cqrs_es,
};

/// What decisions ask of a read model.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ReadModel {
    /// The positions of the events that are left out.
    pub skipped: BTreeSet<Position>,
}

commands! {
    /// What can be asked of a read model.
    pub enum ReadModelCommand {
        /// An event is to be left out.
        SkipEvent(SkipEvent),
    }
}

impl Aggregate for ReadModel {
    const CATEGORY: Category = Category::ReadModel;
    type Event = ReadModelEvent;
    type Command = ReadModelCommand;

    fn decide(&self, command: &ReadModelCommand, _: &Context) -> Decision<ReadModelEvent> {
        match command {
            ReadModelCommand::SkipEvent(command) => skip_event::decide(self, command),
        }
    }

    fn evolve(mut self, event: &ReadModelEvent) -> Self {
        match event {
            ReadModelEvent::EventSkipped(event) => {
                self.skipped.insert(event.position);
            }
        }
        self
    }
}

forward_to_cqrs_es!(ReadModel);
