//! Letting an identity act as an account that was made before it was seen.

use super::{
    Account,
    events::{AccountEvent, IdentityJoined},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    sealed::Sealed,
};

/// Whoever was invited signs in for the first time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JoinIdentity {
    /// As which account they act.
    pub account: AccountId,
    /// The account that the identity would have of its own.
    pub identity_account: AccountId,
    /// Issuer of the identity (`iss`).
    pub issuer: String,
    /// The identity's name at its issuer (`sub`).
    pub identity: Sealed<String>,
}

/// Nothing when the identity acts as this account already.
///
/// # Errors
/// `NotFound` before registration.
pub fn decide(account: &Account, command: &JoinIdentity) -> Decision<AccountEvent> {
    account.must_be_registered()?;
    if account.has_identity(command.identity_account) {
        return nothing();
    }
    one(IdentityJoined {
        account: command.account,
        identity_account: command.identity_account,
        issuer: command.issuer.clone(),
        identity: command.identity.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::given::{about, no_account, registered},
        given::{fold, id},
        testing::given,
    };

    fn join() -> JoinIdentity {
        JoinIdentity {
            account: id(1),
            identity_account: id(8),
            issuer: "https://id.example".to_owned(),
            identity: about("asha"),
        }
    }

    fn joined() -> IdentityJoined {
        IdentityJoined {
            account: id(1),
            identity_account: id(8),
            issuer: "https://id.example".to_owned(),
            identity: about("asha"),
        }
    }

    #[test]
    fn an_identity_joins_once() {
        given::<Account>(registered()).when(join()).then_once(joined());
    }

    #[test]
    fn an_account_knows_who_acts_as_it() {
        let mut history = registered();
        history.push(joined().into());

        let account = fold::<Account>(&history);

        assert!(account.has_identity(id(8)));
        assert!(!account.has_identity(id(9)));
    }

    #[test]
    fn nobody_joins_before_registration() {
        given::<Account>([]).when(join()).then_refused(no_account());
    }
}
