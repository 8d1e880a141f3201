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
    use super::*;
    use crate::{
        account::given::{chosen, having_chosen, no_account, registered},
        given::id,
        testing::given,
    };

    fn choose(role: Role) -> ChooseRole {
        ChooseRole { account: id(1), role }
    }

    #[test]
    fn a_role_is_chosen_once() {
        given::<Account>(registered())
            .when(choose(Role::Candidate))
            .then_once(chosen(Role::Candidate));
    }

    #[test]
    fn a_chosen_role_stands_for_good() {
        given::<Account>(having_chosen(Role::Candidate))
            .when(choose(Role::Interviewer))
            .then_refused(Refusal::RoleAlreadyChosen {
                role: Role::Candidate,
            });
    }

    #[test]
    fn a_role_that_is_granted_only_cannot_be_chosen() {
        given::<Account>(registered())
            .when(choose(Role::Admin))
            .then_refused(Refusal::Forbidden);
    }

    #[test]
    fn nobody_chooses_before_registration() {
        given::<Account>([])
            .when(choose(Role::Candidate))
            .then_refused(no_account());
    }
}
