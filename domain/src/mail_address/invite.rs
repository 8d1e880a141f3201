//! Making an account for whoever reads mail at an address.

use super::{
    MailAddress,
    events::{AddressInvited, MailAddressEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, MailAddressId},
};

/// Somebody is asked who may never have been here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invite {
    /// At which address.
    pub address: MailAddressId,
    /// The account to be theirs, if the address is nobody's.
    pub account: AccountId,
    /// Who asks.
    pub by: AccountId,
    /// The account that the address had, when its person is to be forgotten: it is nobody's again then.
    pub forgotten: Option<AccountId>,
}

/// Nothing when the address is somebody's; never refused.
pub fn decide(address: MailAddress, command: &Invite) -> Decision<MailAddressEvent> {
    if address.remembered(command.forgotten).is_some() {
        return nothing();
    }
    one(AddressInvited {
        address: command.address,
        account: command.account,
        by: command.by,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::id,
        mail_address::given::{invited, proven},
        testing::given,
    };

    fn invite(account: u128) -> Invite {
        Invite {
            address: id(1),
            account: id(account),
            by: id(3),
            forgotten: None,
        }
    }

    #[test]
    fn an_address_is_somebodys_from_the_first_invitation_on() {
        given::<MailAddress>([]).when(invite(7)).then_once(invited(7));
    }

    #[test]
    fn whoever_is_asked_again_gets_no_second_account() {
        given::<MailAddress>([invited(7).into()])
            .when(invite(8))
            .then_nothing();
        given::<MailAddress>([proven(7).into()])
            .when(invite(8))
            .then_nothing();
    }

    #[test]
    fn the_address_of_whoever_is_forgotten_is_invited_anew() {
        let anew = Invite {
            forgotten: Some(id(7)),
            ..invite(8)
        };

        given::<MailAddress>([invited(7).into(), proven(7).into()])
            .when(anew)
            .then_once(invited(8));
    }

    #[test]
    fn that_somebody_else_is_forgotten_changes_nothing() {
        let other = Invite {
            forgotten: Some(id(6)),
            ..invite(8)
        };

        given::<MailAddress>([invited(7).into()])
            .when(other)
            .then_nothing();
    }
}
