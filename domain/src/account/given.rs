//! Builders for tests around accounts.

use super::events::{AccountEvent, AccountRegistered, RoleChosen, RoleGranted};
use crate::{actor::Role, given::id, refusal::Refusal, sealed::Sealed};

/// A value about the person.
pub(super) fn about(value: &str) -> Sealed<String> {
    Sealed::open(id(2), value.to_owned())
}

pub(super) fn first_seen() -> AccountRegistered {
    AccountRegistered {
        account: id(1),
        issuer: "https://id.example".to_owned(),
        identity: about("asha"),
        email: Some(about("asha@example.com")),
        name: Some(about("Asha")),
    }
}

pub(super) fn chosen(role: Role) -> RoleChosen {
    RoleChosen { account: id(1), role }
}

pub(super) fn granted(role: Role) -> RoleGranted {
    RoleGranted {
        account: id(1),
        role,
        by: Some(id(3)),
    }
}

/// An account without a role.
pub(super) fn registered() -> Vec<AccountEvent> {
    vec![first_seen().into()]
}

/// An account that was given a role.
pub(super) fn holding(role: Role) -> Vec<AccountEvent> {
    vec![first_seen().into(), granted(role).into()]
}

/// An account of somebody who chose a role.
pub(super) fn having_chosen(role: Role) -> Vec<AccountEvent> {
    vec![first_seen().into(), chosen(role).into()]
}

/// What everybody hears of an account that nobody registered.
pub(super) fn no_account() -> Refusal {
    Refusal::NotFound { what: "account" }
}
