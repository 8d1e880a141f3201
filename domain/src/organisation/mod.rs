//! An organisation: who made it, and how much its interviewers may do.

pub mod create;
pub mod events;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    create::Create,
    events::{OrganisationCreated, OrganisationEvent},
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::AccountId,
};

/// What decisions ask of an organisation.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub enum Organisation {
    /// Nobody made it yet.
    #[default]
    Absent,
    /// It exists.
    Existing {
        /// Who made it.
        by: AccountId,
        /// Whether interviewers may schedule, list candidates and decide.
        interviewers_decide: bool,
    },
}

commands! {
    /// What can be asked of an organisation.
    pub enum OrganisationCommand {
        /// Brings it into being.
        Create(Create),
    }
}

impl Organisation {
    /// True when interviewers may schedule, list candidates and decide; false while it does not exist.
    pub const fn interviewers_decide(&self) -> bool {
        match self {
            Self::Absent => false,
            Self::Existing {
                interviewers_decide, ..
            } => *interviewers_decide,
        }
    }
}

impl Aggregate for Organisation {
    const CATEGORY: Category = Category::Organisation;
    type Event = OrganisationEvent;
    type Command = OrganisationCommand;

    fn decide(&self, command: &OrganisationCommand, _: &Context) -> Decision<OrganisationEvent> {
        match command {
            OrganisationCommand::Create(command) => create::decide(self, command),
        }
    }

    fn evolve(self, event: &OrganisationEvent) -> Self {
        match event {
            OrganisationEvent::OrganisationCreated(OrganisationCreated {
                by,
                interviewers_decide,
                ..
            }) => Self::Existing {
                by: *by,
                interviewers_decide: *interviewers_decide,
            },
        }
    }
}

forward_to_cqrs_es!(Organisation);
