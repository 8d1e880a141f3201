//! As which account an identity acts that took up an invitation, by the account that it would have of its own.

use domain::{
    account::events::AccountEvent,
    envelope::Envelope,
    ids::{AccountId, OrganisationId},
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears, list,
    model::{Column, Index, Key, ReadModel, Stored},
    sql::{Db, DbError, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Identities {}

/// One identity that acts as an account which was made before it was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// The account that it would have of its own.
    pub identity_account: AccountId,
    /// The account that it acts as.
    pub account: AccountId,
    /// Since when.
    pub joined_at: Instant,
}

hears! {
    /// What it is told by.
    pub enum Heard { Account(AccountEvent) }
}

impl ReadModel for Identities {
    const NAME: &'static str = "identities";
    const COLUMNS: &'static [Column] = &[];
    const INDEXES: &'static [Index] = &[];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Identity;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::Account(event) = event;
        match event {
            AccountEvent::IdentityJoined(event) => vec![Key::of(event.identity_account)],
            AccountEvent::AccountRegistered(_)
            | AccountEvent::RoleChosen(_)
            | AccountEvent::RoleGranted(_)
            | AccountEvent::RoleRevoked(_)
            | AccountEvent::ProfileUpdated(_)
            | AccountEvent::TimeZoneSet(_)
            | AccountEvent::CalendarFeedCreated(_)
            | AccountEvent::CalendarFeedRevoked(_) => Vec::new(),
        }
    }

    fn apply(_: Key, row: Option<Identity>, event: &Heard, envelope: &Envelope) -> Option<Identity> {
        let Heard::Account(event) = event;
        match event {
            // Whoever was forgotten and invited anew acts as the new account.
            AccountEvent::IdentityJoined(event) => Some(Identity {
                identity_account: event.identity_account,
                account: event.account,
                joined_at: envelope.occurred_at,
            }),
            AccountEvent::AccountRegistered(_)
            | AccountEvent::RoleChosen(_)
            | AccountEvent::RoleGranted(_)
            | AccountEvent::RoleRevoked(_)
            | AccountEvent::ProfileUpdated(_)
            | AccountEvent::TimeZoneSet(_)
            | AccountEvent::CalendarFeedCreated(_)
            | AccountEvent::CalendarFeedRevoked(_) => row,
        }
    }

    fn columns(_: &Identity) -> Vec<Value> {
        Vec::new()
    }
}

/// As which account an identity acts, if it took up an invitation.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_id(
    db: &Db,
    tenant: OrganisationId,
    identity_account: AccountId,
) -> Result<Option<Stored<Identity>>, DbError> {
    list::by_key::<Identities>(db, tenant, Key::of(identity_account)).await
}
