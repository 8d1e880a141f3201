//! Whose a mail address is, by its keyed hash.

use domain::{
    envelope::Envelope,
    ids::{AccountId, MailAddressId, OrganisationId},
    mail_address::events::MailAddressEvent,
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
pub enum MailAddresses {}

/// One mail address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MailAddress {
    /// Which.
    pub address: MailAddressId,
    /// Whose it is.
    pub account: AccountId,
    /// Since when whoever has the account is known to have signed in with it; `None` while the account waits for
    /// somebody.
    pub proven_at: Option<Instant>,
}

hears! {
    /// What it is told by.
    pub enum Heard { MailAddress(MailAddressEvent) }
}

impl ReadModel for MailAddresses {
    const NAME: &'static str = "mail_addresses";
    const COLUMNS: &'static [Column] = &[];
    const INDEXES: &'static [Index] = &[];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = MailAddress;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::MailAddress(event) = event;
        vec![match event {
            MailAddressEvent::AddressInvited(event) => Key::of(event.address),
            MailAddressEvent::AddressProven(event) => Key::of(event.address),
        }]
    }

    fn apply(_: Key, _: Option<MailAddress>, event: &Heard, envelope: &Envelope) -> Option<MailAddress> {
        let Heard::MailAddress(event) = event;
        Some(match event {
            MailAddressEvent::AddressInvited(event) => MailAddress {
                address: event.address,
                account: event.account,
                proven_at: None,
            },
            MailAddressEvent::AddressProven(event) => MailAddress {
                address: event.address,
                account: event.account,
                proven_at: Some(envelope.occurred_at),
            },
        })
    }

    fn columns(_: &MailAddress) -> Vec<Value> {
        Vec::new()
    }
}

impl MailAddress {
    /// The account that waits for whoever signs in with it.
    pub const fn invited(&self) -> Option<AccountId> {
        match self.proven_at {
            None => Some(self.account),
            Some(_) => None,
        }
    }
}

/// Whose an address is, if anybody's.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_id(
    db: &Db,
    tenant: OrganisationId,
    address: MailAddressId,
) -> Result<Option<Stored<MailAddress>>, DbError> {
    list::by_key::<MailAddresses>(db, tenant, Key::of(address)).await
}
