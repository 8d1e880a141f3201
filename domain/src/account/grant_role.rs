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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::given::{granted, having_chosen, no_account, registered},
        given::id,
        testing::given,
    };

    fn grant(role: Role) -> GrantRole {
        GrantRole {
            account: id(1),
            role,
            by: Some(id(3)),
        }
    }

    #[test]
    fn a_role_is_given_once() {
        given::<Account>(registered())
            .when(grant(Role::Recruiter))
            .then_once(granted(Role::Recruiter));
    }

    #[test]
    fn an_account_can_hold_several_roles() {
        given::<Account>(having_chosen(Role::Candidate))
            .when(grant(Role::Interviewer))
            .then_once(granted(Role::Interviewer));
    }

    #[test]
    fn a_role_that_the_person_chose_is_not_given_again() {
        given::<Account>(having_chosen(Role::Candidate))
            .when(grant(Role::Candidate))
            .then_nothing();
    }

    #[test]
    fn nothing_is_given_before_registration() {
        given::<Account>([])
            .when(grant(Role::Admin))
            .then_refused(no_account());
    }
}
