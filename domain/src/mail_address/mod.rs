//! A mail address in one organisation, and whose it is. One stream per address, named by a keyed hash of it, so that the
//! log tells no address to whoever lacks the installation's key.

pub mod events;
#[cfg(test)]
mod given;
pub mod invite;
pub mod prove;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{events::MailAddressEvent, invite::Invite, prove::Prove};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::AccountId,
};

/// Whose a mail address is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub enum MailAddress {
    /// Nobody is known by it.
    #[default]
    Unknown,
    /// An account waits for whoever reads mail there.
    Invited {
        /// Which.
        account: AccountId,
    },
    /// Whoever has the account has signed in with it.
    Proven {
        /// Which.
        account: AccountId,
    },
}

commands! {
    /// What can be asked of a mail address.
    pub enum MailAddressCommand {
        /// Somebody there gets an account.
        Invite(Invite),
        /// Somebody signed in with it.
        Prove(Prove),
    }
}

impl MailAddress {
    /// Whose it is, if anybody's.
    pub const fn account(self) -> Option<AccountId> {
        match self {
            Self::Unknown => None,
            Self::Invited { account } | Self::Proven { account } => Some(account),
        }
    }

    /// The account that waits for whoever signs in with it.
    pub const fn invited(self) -> Option<AccountId> {
        match self {
            Self::Invited { account } => Some(account),
            Self::Unknown | Self::Proven { .. } => None,
        }
    }

    /// Whose it is, unless that person is to be forgotten: then it is nobody's again.
    fn remembered(self, forgotten: Option<AccountId>) -> Option<AccountId> {
        self.account().filter(|account| Some(*account) != forgotten)
    }
}

impl Aggregate for MailAddress {
    const CATEGORY: Category = Category::MailAddress;
    type Event = MailAddressEvent;
    type Command = MailAddressCommand;

    fn decide(&self, command: &MailAddressCommand, _: &Context) -> Decision<MailAddressEvent> {
        match command {
            MailAddressCommand::Invite(command) => invite::decide(*self, command),
            MailAddressCommand::Prove(command) => prove::decide(*self, command),
        }
    }

    fn evolve(self, event: &MailAddressEvent) -> Self {
        match event {
            MailAddressEvent::AddressInvited(event) => Self::Invited {
                account: event.account,
            },
            MailAddressEvent::AddressProven(event) => Self::Proven {
                account: event.account,
            },
        }
    }
}

forward_to_cqrs_es!(MailAddress);
