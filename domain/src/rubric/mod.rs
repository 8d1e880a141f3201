//! What interviews are rated by. One stream per rubric; every version stays readable for ever.

pub mod events;
pub mod publish;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    events::{Criterion, RubricEvent},
    publish::Publish,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    text::Line,
};

/// All versions of a rubric.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rubric {
    versions: Vec<Version>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
struct Version {
    name: Line,
    criteria: Vec<Criterion>,
}

commands! {
    /// What can be asked of a rubric.
    pub enum RubricCommand {
        /// Brings a version into use.
        Publish(Publish),
    }
}

impl Rubric {
    /// The criteria of a version; `None` when there is no such version.
    pub fn criteria(&self, version: u32) -> Option<&[Criterion]> {
        let index = usize::try_from(version.checked_sub(1)?).ok()?;
        let version = self.versions.get(index)?;
        Some(&version.criteria)
    }

    /// The last version; 0 before the first.
    pub fn version(&self) -> u32 {
        u32::try_from(self.versions.len()).unwrap_or(u32::MAX)
    }
}

impl Aggregate for Rubric {
    const CATEGORY: Category = Category::Rubric;
    type Event = RubricEvent;
    type Command = RubricCommand;

    fn decide(&self, command: &RubricCommand, _: &Context) -> Decision<RubricEvent> {
        match command {
            RubricCommand::Publish(command) => publish::decide(self, command),
        }
    }

    fn evolve(mut self, event: &RubricEvent) -> Self {
        match event {
            RubricEvent::RubricPublished(event) => self.versions.push(Version {
                name: event.name.clone(),
                criteria: event.criteria.clone(),
            }),
        }
        self
    }
}

forward_to_cqrs_es!(Rubric);
