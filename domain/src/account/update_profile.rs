//! Changing a person's particulars.

use super::{
    Account,
    events::{AccountEvent, ProfileUpdated},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    sealed::Sealed,
};

/// What is absent stays as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UpdateProfile {
    /// Whose.
    pub account: AccountId,
    /// What the person is called.
    pub name: Option<Sealed<String>>,
    /// Where mail goes.
    pub email: Option<Sealed<String>>,
}

/// Nothing when the command changes nothing. Sealed values are compared, never read: once stored, an equal value is
/// another ciphertext, and a repeat is recognised by its command id.
///
/// # Errors
/// `NotFound` before registration.
pub fn decide(account: &Account, command: &UpdateProfile) -> Decision<AccountEvent> {
    account.must_be_registered()?;
    let same_name = command.name.is_none() || command.name == account.name;
    let same_email = command.email.is_none() || command.email == account.email;
    if same_name && same_email {
        return nothing();
    }
    one(ProfileUpdated {
        account: command.account,
        name: command.name.clone(),
        email: command.email.clone(),
    })
}
