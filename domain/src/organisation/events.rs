//! What can happen to an organisation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AccountId, OrganisationId},
    interview::events::RefundTier,
    text::Line,
    time::Zone,
};

/// An organisation came into being; its maker became the first admin in the same append.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OrganisationCreated {
    /// Which.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: Line,
    /// The zone its own calendar days are counted in.
    pub zone: Zone,
    /// Whether interviewers may schedule, list candidates and decide, as in small teams.
    pub interviewers_decide: bool,
    /// Who made it.
    pub by: AccountId,
}

/// What comes back when a candidate calls an interview off, for bookings from now on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CancellationPolicyPublished {
    /// Whose.
    pub organisation: OrganisationId,
    /// Which version, from 1.
    pub version: u32,
    /// What comes back, most notice first.
    pub tiers: Vec<RefundTier>,
    /// Who published it.
    pub by: AccountId,
}

events! {
    /// What can happen to an organisation.
    pub enum OrganisationEvent in Category::Organisation {
        OrganisationCreated = "organisation.created" v 1 links(by),
        CancellationPolicyPublished = "organisation.cancellation_policy_published" v 1 links(by),
    }
}
