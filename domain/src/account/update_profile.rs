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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::given::{about, no_account, registered},
        given::{fold, id},
        testing::given,
    };

    fn update(name: Option<&str>, email: Option<&str>) -> UpdateProfile {
        UpdateProfile {
            account: id(1),
            name: name.map(about),
            email: email.map(about),
        }
    }

    fn renamed(name: &str) -> ProfileUpdated {
        ProfileUpdated {
            account: id(1),
            name: Some(about(name)),
            email: None,
        }
    }

    #[test]
    fn a_person_is_renamed_once() {
        given::<Account>(registered())
            .when(update(Some("Asha Rao"), None))
            .then_once(renamed("Asha Rao"));
    }

    #[test]
    fn what_is_absent_stays_as_it_is() {
        let mut history = registered();
        history.push(renamed("Asha Rao").into());

        let account = fold::<Account>(&history);

        assert_eq!(account.name(), Some(&about("Asha Rao")));
        assert_eq!(account.email(), Some(&about("asha@example.com")));
    }

    #[test]
    fn particulars_that_are_so_already_change_nothing() {
        given::<Account>(registered())
            .when(update(None, None))
            .then_nothing();
        given::<Account>(registered())
            .when(update(Some("Asha"), Some("asha@example.com")))
            .then_nothing();
    }

    #[test]
    fn one_changed_particular_is_enough() {
        given::<Account>(registered())
            .when(update(Some("Asha"), Some("new@example.com")))
            .then_once(ProfileUpdated {
                account: id(1),
                name: Some(about("Asha")),
                email: Some(about("new@example.com")),
            });
    }

    #[test]
    fn nobody_has_particulars_before_registration() {
        given::<Account>([])
            .when(update(Some("Asha"), None))
            .then_refused(no_account());
    }
}
