//! An account: one person in one organisation, with the identities they sign in with, roles and particulars.

pub mod choose_role;
pub mod create_calendar_feed;
pub mod events;
#[cfg(test)]
mod given;
pub mod grant_role;
pub mod join_identity;
pub mod register;
pub mod revoke_calendar_feed;
pub mod revoke_role;
pub mod set_time_zone;
pub mod update_profile;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    choose_role::ChooseRole, create_calendar_feed::CreateCalendarFeed, events::AccountEvent,
    grant_role::GrantRole, join_identity::JoinIdentity, register::Register,
    revoke_calendar_feed::RevokeCalendarFeed, revoke_role::RevokeRole, set_time_zone::SetTimeZone,
    update_profile::UpdateProfile,
};
use crate::{
    actor::Role,
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::{AccountId, CalendarFeedId},
    refusal::Refusal,
    sealed::Sealed,
    time::Zone,
};

/// What decisions ask of an account.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    registered: bool,
    roles: BTreeSet<Role>,
    chosen: Option<Role>,
    zone: Option<Zone>,
    name: Option<Sealed<String>>,
    email: Option<Sealed<String>>,
    feeds: BTreeSet<CalendarFeedId>,
    /// Known so that revoking one a second time is nothing new.
    revoked_feeds: BTreeSet<CalendarFeedId>,
    /// Who acts as it beside the identity that it was registered with, each by the account it would have of its own.
    identities: BTreeSet<AccountId>,
}

commands! {
    /// What can be asked of an account.
    pub enum AccountCommand {
        /// An identity is seen for the first time.
        Register(Register),
        /// The person chooses a role.
        ChooseRole(ChooseRole),
        /// A role is given.
        GrantRole(GrantRole),
        /// A role is taken.
        RevokeRole(RevokeRole),
        /// The person's particulars change.
        UpdateProfile(UpdateProfile),
        /// The person reads times in another zone.
        SetTimeZone(SetTimeZone),
        /// An address for a calendar is made.
        CreateCalendarFeed(CreateCalendarFeed),
        /// An address for a calendar answers no longer.
        RevokeCalendarFeed(RevokeCalendarFeed),
        /// An identity acts as it.
        JoinIdentity(JoinIdentity),
    }
}

impl Account {
    /// True once the identity was seen.
    pub const fn is_registered(&self) -> bool {
        self.registered
    }

    /// True when the account holds the role, chosen or granted.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Every role it holds, chosen or granted.
    pub const fn roles(&self) -> &BTreeSet<Role> {
        &self.roles
    }

    /// The role the person chose, if any; it stands for good, also when it was revoked.
    pub const fn chosen(&self) -> Option<Role> {
        self.chosen
    }

    /// The zone that times are told in, if the person set one.
    pub const fn zone(&self) -> Option<Zone> {
        self.zone
    }

    /// What the person is called, as last told.
    pub const fn name(&self) -> Option<&Sealed<String>> {
        self.name.as_ref()
    }

    /// Where mail goes, as last told.
    pub const fn email(&self) -> Option<&Sealed<String>> {
        self.email.as_ref()
    }

    /// True while a calendar may read the account's interviews at this feed.
    pub fn has_feed(&self, feed: CalendarFeedId) -> bool {
        self.feeds.contains(&feed)
    }

    /// True when the identity that would have this account of its own acts as this one.
    pub fn has_identity(&self, identity_account: AccountId) -> bool {
        self.identities.contains(&identity_account)
    }

    fn must_be_registered(&self) -> Result<(), Refusal> {
        if self.registered {
            Ok(())
        } else {
            Err(Refusal::NotFound { what: "account" })
        }
    }
}

impl Aggregate for Account {
    const CATEGORY: Category = Category::Account;
    type Event = AccountEvent;
    type Command = AccountCommand;

    fn decide(&self, command: &AccountCommand, _: &Context) -> Decision<AccountEvent> {
        match command {
            AccountCommand::Register(command) => register::decide(self, command),
            AccountCommand::ChooseRole(command) => choose_role::decide(self, command),
            AccountCommand::GrantRole(command) => grant_role::decide(self, command),
            AccountCommand::RevokeRole(command) => revoke_role::decide(self, command),
            AccountCommand::UpdateProfile(command) => update_profile::decide(self, command),
            AccountCommand::SetTimeZone(command) => set_time_zone::decide(self, command),
            AccountCommand::CreateCalendarFeed(command) => create_calendar_feed::decide(self, command),
            AccountCommand::RevokeCalendarFeed(command) => revoke_calendar_feed::decide(self, command),
            AccountCommand::JoinIdentity(command) => join_identity::decide(self, command),
        }
    }

    fn evolve(mut self, event: &AccountEvent) -> Self {
        match event {
            AccountEvent::AccountRegistered(event) => {
                self.registered = true;
                self.name.clone_from(&event.name);
                self.email.clone_from(&event.email);
            }
            AccountEvent::RoleChosen(event) => {
                self.chosen = Some(event.role);
                self.roles.insert(event.role);
            }
            AccountEvent::RoleGranted(event) => {
                self.roles.insert(event.role);
            }
            AccountEvent::RoleRevoked(event) => {
                self.roles.remove(&event.role);
            }
            AccountEvent::ProfileUpdated(event) => {
                self.name = event.name.clone().or(self.name);
                self.email = event.email.clone().or(self.email);
            }
            AccountEvent::TimeZoneSet(event) => self.zone = Some(event.zone),
            AccountEvent::CalendarFeedCreated(event) => {
                self.feeds.insert(event.feed);
            }
            AccountEvent::CalendarFeedRevoked(event) => {
                self.feeds.remove(&event.feed);
                self.revoked_feeds.insert(event.feed);
            }
            AccountEvent::IdentityJoined(event) => {
                self.identities.insert(event.identity_account);
            }
        }
        self
    }
}

forward_to_cqrs_es!(Account);
