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
    use super::*;
    use crate::{
        account::{
            choose_role::ChooseRole,
            given::{having_chosen, holding, no_account},
        },
        given::id,
        testing::given,
    };

    fn revoke(role: Role, other_admins: u32) -> RevokeRole {
        RevokeRole {
            account: id(1),
            role,
            by: id(3),
            other_admins,
        }
    }

    fn revoked(role: Role) -> RoleRevoked {
        RoleRevoked {
            account: id(1),
            role,
            by: id(3),
        }
    }

    #[test]
    fn a_role_is_taken_once() {
        given::<Account>(holding(Role::Recruiter))
            .when(revoke(Role::Recruiter, 0))
            .then_once(revoked(Role::Recruiter));
    }

    #[test]
    fn an_admin_goes_while_another_stays() {
        given::<Account>(holding(Role::Admin))
            .when(revoke(Role::Admin, 1))
            .then_once(revoked(Role::Admin));
    }

    #[test]
    fn the_last_admin_stays() {
        given::<Account>(holding(Role::Admin))
            .when(revoke(Role::Admin, 0))
            .then_refused(Refusal::LastAdmin);
    }

    #[test]
    fn a_role_that_is_not_held_is_not_taken() {
        given::<Account>(holding(Role::Admin))
            .when(revoke(Role::Recruiter, 0))
            .then_nothing();
    }

    #[test]
    fn a_chosen_role_that_was_taken_is_not_chosen_anew() {
        let mut history = having_chosen(Role::Candidate);
        history.push(revoked(Role::Candidate).into());

        given::<Account>(history.clone())
            .when(ChooseRole {
                account: id(1),
                role: Role::Candidate,
            })
            .then_nothing();
        given::<Account>(history)
            .when(ChooseRole {
                account: id(1),
                role: Role::Interviewer,
            })
            .then_refused(Refusal::RoleAlreadyChosen {
                role: Role::Candidate,
            });
    }

    #[test]
    fn nothing_is_taken_before_registration() {
        given::<Account>([])
            .when(revoke(Role::Admin, 1))
            .then_refused(no_account());
    }
}
