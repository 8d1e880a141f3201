//! What can happen to an account.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    actor::Role,
    events,
    ids::{AccountId, CalendarFeedId},
    sealed::Sealed,
    time::Zone,
};

/// An identity was seen in this organisation for the first time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AccountRegistered {
    /// Which account.
    pub account: AccountId,
    /// Issuer of the identity (`iss`).
    pub issuer: String,
    /// The identity's name at its issuer (`sub`).
    pub identity: Sealed<String>,
    /// Where mail goes, as the issuer gave it.
    pub email: Option<Sealed<String>>,
    /// What the person is called, as the issuer gave it.
    pub name: Option<Sealed<String>>,
}

/// The person chose a role where self-service allows it; chosen once, for good.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RoleChosen {
    /// Whose role.
    pub account: AccountId,
    /// Which.
    pub role: Role,
}

/// A role was given to an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RoleGranted {
    /// Whose role.
    pub account: AccountId,
    /// Which.
    pub role: Role,
    /// Who granted it; nobody when it came with the creation of the organisation or from the development issuer.
    pub by: Option<AccountId>,
}

/// A role was taken from an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RoleRevoked {
    /// Whose role.
    pub account: AccountId,
    /// Which.
    pub role: Role,
    /// Who revoked it.
    pub by: AccountId,
}

/// The person's own particulars were set; what is absent stays as it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProfileUpdated {
    /// Whose.
    pub account: AccountId,
    /// What the person is called.
    pub name: Option<Sealed<String>>,
    /// Where mail goes.
    pub email: Option<Sealed<String>>,
}

/// The zone that times are told in to this person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TimeZoneSet {
    /// Whose.
    pub account: AccountId,
    /// Which zone.
    pub zone: Zone,
}

/// An address was made at which the account's own interviews can be read by a calendar. The address itself is a secret and
/// stands nowhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CalendarFeedCreated {
    /// Whose interviews.
    pub account: AccountId,
    /// The feed.
    pub feed: CalendarFeedId,
}

/// An address no longer answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CalendarFeedRevoked {
    /// Whose interviews.
    pub account: AccountId,
    /// The feed.
    pub feed: CalendarFeedId,
}

/// An identity acts as an account that was made before it was seen: whoever was invited by mail has signed in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IdentityJoined {
    /// As which account it acts.
    pub account: AccountId,
    /// The account that the identity would have of its own.
    pub identity_account: AccountId,
    /// Issuer of the identity (`iss`).
    pub issuer: String,
    /// The identity's name at its issuer (`sub`).
    pub identity: Sealed<String>,
}

events! {
    /// What can happen to an account.
    pub enum AccountEvent in Category::Account {
        AccountRegistered = "account.registered" v 1,
        RoleChosen = "account.role_chosen" v 1,
        RoleGranted = "account.role_granted" v 1 links(by),
        RoleRevoked = "account.role_revoked" v 1 links(by),
        ProfileUpdated = "account.profile_updated" v 1,
        TimeZoneSet = "account.time_zone_set" v 1,
        CalendarFeedCreated = "account.calendar_feed_created" v 1,
        CalendarFeedRevoked = "account.calendar_feed_revoked" v 1,
        IdentityJoined = "account.identity_joined" v 1 links(identity_account),
    }
}
