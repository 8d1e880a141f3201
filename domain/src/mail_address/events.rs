//! What can happen to a mail address.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AccountId, MailAddressId},
};

/// An account was made for whoever reads mail at an address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddressInvited {
    /// Which address, told by its keyed hash.
    pub address: MailAddressId,
    /// Whose it is from now on.
    pub account: AccountId,
    /// Who asked for somebody there.
    pub by: AccountId,
}

/// Somebody signed in whose issuer vouches for an address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddressProven {
    /// Which address, told by its keyed hash.
    pub address: MailAddressId,
    /// Whose it is.
    pub account: AccountId,
}

events! {
    /// What can happen to a mail address.
    pub enum MailAddressEvent in Category::MailAddress {
        AddressInvited = "mail_address.invited" v 1 links(account, by),
        AddressProven = "mail_address.proven" v 1 links(account),
    }
}
