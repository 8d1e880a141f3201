//! Giving a role to an account.

use super::{
    Account,
    events::{AccountEvent, RoleGranted},
};
use crate::{
    actor::Role,
    aggregate::{Decision, nothing, one},
    ids::AccountId,
};

/// A role is given. Whether the asker may do so is asked before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GrantRole {
    /// Whose role.
    pub account: AccountId,
    /// Which.
    pub role: Role,
    /// Who grants it; nobody when it comes with the creation of the organisation or from the development issuer.
    pub by: Option<AccountId>,
}

/// Nothing when the account holds the role.
///
/// # Errors
/// `NotFound` before registration.
pub fn decide(account: &Account, command: &GrantRole) -> Decision<AccountEvent> {
    account.must_be_registered()?;
    if account.has(command.role) {
        return nothing();
    }
    one(RoleGranted {
        account: command.account,
        role: command.role,
        by: command.by,
    })
}
