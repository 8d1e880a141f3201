//! An organisation: who made it, and how much its interviewers may do.

pub mod create;
pub mod events;
pub mod publish_cancellation_policy;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    create::Create,
    events::{OrganisationCreated, OrganisationEvent},
    publish_cancellation_policy::PublishCancellationPolicy,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::AccountId,
    interview::events::RefundTier,
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
        /// What comes back of cancelled bookings, once it was published.
        cancellation: Option<CancellationPolicy>,
    },
}

/// What comes back when a candidate calls an interview off.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CancellationPolicy {
    /// Which version, from 1; 0 for what holds before any was published.
    pub version: u32,
    /// What comes back, most notice first.
    pub tiers: Vec<RefundTier>,
}

impl CancellationPolicy {
    /// What holds until the organisation publishes something else: everything a day before, half of it two hours
    /// before, nothing after (rule M5).
    pub fn until_published() -> Self {
        let tier = |notice_minutes, percent| RefundTier {
            notice_minutes,
            percent,
        };
        Self {
            version: 0,
            tiers: vec![tier(24 * 60, 100), tier(2 * 60, 50)],
        }
    }
}

commands! {
    /// What can be asked of an organisation.
    pub enum OrganisationCommand {
        /// Brings it into being.
        Create(Create),
        /// Says what comes back of cancelled bookings.
        PublishCancellationPolicy(PublishCancellationPolicy),
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

    /// What comes back of bookings that are made now, when their candidates call them off.
    pub fn cancellation_policy(&self) -> CancellationPolicy {
        match self {
            Self::Existing {
                cancellation: Some(policy),
                ..
            } => policy.clone(),
            Self::Absent
            | Self::Existing {
                cancellation: None, ..
            } => CancellationPolicy::until_published(),
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
            OrganisationCommand::PublishCancellationPolicy(command) => {
                publish_cancellation_policy::decide(self, command)
            }
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
                cancellation: None,
            },
            OrganisationEvent::CancellationPolicyPublished(event) => match self {
                Self::Absent => Self::Absent,
                Self::Existing {
                    by,
                    interviewers_decide,
                    ..
                } => Self::Existing {
                    by,
                    interviewers_decide,
                    cancellation: Some(CancellationPolicy {
                        version: event.version,
                        tiers: event.tiers.clone(),
                    }),
                },
            },
        }
    }
}

forward_to_cqrs_es!(Organisation);
