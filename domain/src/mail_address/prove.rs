//! Learning whose an address is from somebody who signed in with it.

use super::{
    MailAddress,
    events::{AddressProven, MailAddressEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, MailAddressId},
};

/// Somebody signed in whose issuer vouches for the address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prove {
    /// Which address.
    pub address: MailAddressId,
    /// As which account.
    pub account: AccountId,
    /// The account that the address had, when its person is to be forgotten: it is nobody's again then.
    pub forgotten: Option<AccountId>,
}

/// Nothing when it was proven before, and when it is another's; never refused, since signing in must not fail by it.
pub fn decide(address: MailAddress, command: &Prove) -> Decision<MailAddressEvent> {
    let is_anothers = address
        .remembered(command.forgotten)
        .is_some_and(|account| account != command.account);
    let account = command.account;
    if is_anothers || address == (MailAddress::Proven { account }) {
        return nothing();
    }
    one(AddressProven {
        address: command.address,
        account,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{fold, id},
        mail_address::given::{invited, proven},
        testing::given,
    };

    fn prove(account: u128) -> Prove {
        Prove {
            address: id(1),
            account: id(account),
            forgotten: None,
        }
    }

    #[test]
    fn an_address_is_of_whoever_signs_in_with_it_first() {
        given::<MailAddress>([]).when(prove(7)).then_once(proven(7));
    }

    #[test]
    fn whoever_was_invited_and_signs_in_proves_it() {
        let history: [MailAddressEvent; 2] = [invited(7).into(), proven(7).into()];
        assert_eq!(fold::<MailAddress>(&history[..1]).invited(), Some(id(7)));
        assert_eq!(fold::<MailAddress>(&history).invited(), None);

        given::<MailAddress>([invited(7).into()])
            .when(prove(7))
            .then_once(proven(7));
    }

    #[test]
    fn an_address_that_is_anothers_stays_so_and_nobody_is_kept_from_signing_in() {
        given::<MailAddress>([invited(7).into()])
            .when(prove(8))
            .then_nothing();
        given::<MailAddress>([proven(7).into()])
            .when(prove(8))
            .then_nothing();
    }

    #[test]
    fn the_address_of_whoever_is_forgotten_is_proven_anew() {
        let anew = Prove {
            forgotten: Some(id(7)),
            ..prove(8)
        };

        given::<MailAddress>([proven(7).into()])
            .when(anew)
            .then_once(proven(8));
    }
}
