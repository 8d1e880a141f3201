//! A kit: the plan of an interview, for whoever interviews. One stream per kit; a version that was published never
//! changes.

pub mod events;
pub mod publish;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    events::{InterviewKitEvent, KitPin, KitSpec},
    publish::Publish,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
};

/// The newest version of a kit. Which it was before stands with whatever keeps it.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum InterviewKit {
    /// There is none.
    #[default]
    Absent,
    /// It can be used.
    Published {
        /// Which version is the newest.
        newest: KitPin,
        /// What that says.
        spec: KitSpec,
    },
}

/// The newest version of a kit, as far as interviews care.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Which kit and version.
    pub pin: KitPin,
    /// Minutes that it takes.
    pub minutes: u32,
}

commands! {
    /// What can be asked of an interview kit.
    pub enum InterviewKitCommand {
        /// Brings a version into use.
        Publish(Publish),
    }
}

impl InterviewKit {
    /// What an interview that takes it now follows; `None` when there is no such kit.
    pub fn plan(&self) -> Option<Plan> {
        match self {
            Self::Absent => None,
            Self::Published { newest, spec } => Some(Plan {
                pin: *newest,
                minutes: spec.minutes(),
            }),
        }
    }

    /// The last version; 0 before the first.
    pub const fn version(&self) -> u32 {
        match self {
            Self::Absent => 0,
            Self::Published { newest, .. } => newest.version,
        }
    }
}

impl Aggregate for InterviewKit {
    const CATEGORY: Category = Category::InterviewKit;
    type Event = InterviewKitEvent;
    type Command = InterviewKitCommand;

    fn decide(&self, command: &InterviewKitCommand, _: &Context) -> Decision<InterviewKitEvent> {
        match command {
            InterviewKitCommand::Publish(command) => publish::decide(self, command),
        }
    }

    fn evolve(self, event: &InterviewKitEvent) -> Self {
        match event {
            InterviewKitEvent::KitPublished(event) => Self::Published {
                newest: KitPin {
                    kit: event.kit,
                    version: event.version,
                },
                spec: event.spec.clone(),
            },
        }
    }
}

forward_to_cqrs_es!(InterviewKit);
