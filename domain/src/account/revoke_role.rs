//! Taking a role from an account.

use super::{
    Account,
    events::{AccountEvent, RoleRevoked},
};
use crate::{
    actor::Role,
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
};

/// A role is taken. Whether the asker may do so is asked before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RevokeRole {
    /// Whose role.
    pub account: AccountId,
    /// Which.
    pub role: Role,
    /// Who revokes it.
    pub by: AccountId,
    /// How many other accounts of the organisation are admins, from streams that guard the append.
    pub other_admins: u32,
}

/// Nothing when the account does not hold the role.
///
/// # Errors
/// `NotFound` before registration, `LastAdmin` when no admin would be left.
pub fn decide(account: &Account, command: &RevokeRole) -> Decision<AccountEvent> {
    account.must_be_registered()?;
    if !account.has(command.role) {
        return nothing();
    }
    if command.role == Role::Admin && command.other_admins == 0 {
        return Err(Refusal::LastAdmin);
    }
    one(RoleRevoked {
        account: command.account,
        role: command.role,
        by: command.by,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;

    fn admin() -> Account {
        Account {
            registered: true,
            roles: BTreeSet::from([Role::Admin]),
            ..Account::default()
        }
    }

    fn revoke(role: Role, other_admins: u32) -> RevokeRole {
        let account = AccountId::new(Uuid::from_u128(1));
        RevokeRole {
            account,
            role,
            by: account,
            other_admins,
        }
    }

    #[test]
    fn the_last_admin_stays() {
        assert_eq!(decide(&admin(), &revoke(Role::Admin, 0)), Err(Refusal::LastAdmin));
        assert_eq!(decide(&admin(), &revoke(Role::Admin, 1)).unwrap().len(), 1);
    }

    #[test]
    fn a_role_that_is_not_held_is_nothing_and_a_stranger_is_not_found() {
        assert_eq!(decide(&admin(), &revoke(Role::Recruiter, 0)), nothing());
        assert_eq!(
            decide(&Account::default(), &revoke(Role::Admin, 1))
                .unwrap_err()
                .code(),
            "NOT_FOUND"
        );
    }
}
