//! Seeing an identity for the first time.

use super::{
    Account,
    events::{AccountEvent, AccountRegistered},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    sealed::Sealed,
};

/// An identity of an issuer gets an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Register {
    /// The new id.
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

/// Nothing when it is registered; never refused.
pub fn decide(account: &Account, command: &Register) -> Decision<AccountEvent> {
    if account.registered {
        return nothing();
    }
    one(AccountRegistered {
        account: command.account,
        issuer: command.issuer.clone(),
        identity: command.identity.clone(),
        email: command.email.clone(),
        name: command.name.clone(),
    })
}
