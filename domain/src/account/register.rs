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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::given::{about, first_seen, registered},
        given::{fold, id},
        testing::given,
    };

    fn register(email: &str) -> Register {
        Register {
            account: id(1),
            issuer: "https://id.example".to_owned(),
            identity: about("asha"),
            email: Some(about(email)),
            name: Some(about("Asha")),
        }
    }

    #[test]
    fn an_identity_is_registered_once() {
        given::<Account>([])
            .when(register("asha@example.com"))
            .then_once(first_seen());
    }

    #[test]
    fn what_the_issuer_says_later_changes_nothing() {
        given::<Account>(registered())
            .when(register("other@example.com"))
            .then_nothing();
    }

    #[test]
    fn a_new_account_has_particulars_and_no_role() {
        let account = fold::<Account>(&registered());

        assert!(account.is_registered());
        assert!(account.roles().is_empty());
        assert_eq!(account.name(), Some(&about("Asha")));
        assert_eq!(account.email(), Some(&about("asha@example.com")));
    }
}
