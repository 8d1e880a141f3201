//! Choosing a role where self-service allows it.

use super::{
    Account,
    events::{AccountEvent, RoleChosen},
};
use crate::{
    actor::Role,
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
};

/// The person chooses what to be, once and for good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChooseRole {
    /// Whose role.
    pub account: AccountId,
    /// Which.
    pub role: Role,
}

/// Nothing when the same role was chosen before.
///
/// # Errors
/// `NotFound` before registration, `Forbidden` for a role that is granted only, `RoleAlreadyChosen` for a second one.
pub fn decide(account: &Account, command: &ChooseRole) -> Decision<AccountEvent> {
    account.must_be_registered()?;
    if !command.role.is_self_service() {
        return Err(Refusal::Forbidden);
    }
    match account.chosen {
        Some(role) if role == command.role => nothing(),
        Some(role) => Err(Refusal::RoleAlreadyChosen { role }),
        None => one(RoleChosen {
            account: command.account,
            role: command.role,
        }),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn account(chosen: Option<Role>) -> Account {
        Account {
            registered: true,
            chosen,
            ..Account::default()
        }
    }

    fn choose(role: Role) -> ChooseRole {
        ChooseRole {
            account: AccountId::new(Uuid::from_u128(1)),
            role,
        }
    }

    #[test]
    fn a_role_is_chosen_once_and_for_good() {
        let candidate = account(Some(Role::Candidate));
        assert_eq!(decide(&account(None), &choose(Role::Candidate)).unwrap().len(), 1);
        assert_eq!(decide(&candidate, &choose(Role::Candidate)), nothing());
        let refusal = Refusal::RoleAlreadyChosen {
            role: Role::Candidate,
        };
        assert_eq!(decide(&candidate, &choose(Role::Interviewer)), Err(refusal));
    }

    #[test]
    fn a_role_that_is_granted_only_cannot_be_chosen() {
        assert_eq!(
            decide(&account(None), &choose(Role::Admin)),
            Err(Refusal::Forbidden)
        );
    }
}
