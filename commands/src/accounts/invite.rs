//! Asking somebody by mail address who may never have been here: they get an account in the same append as what they are
//! asked to.

use domain::{
    account::{Account, grant_role::GrantRole, register::Register},
    actor::Role,
    data_subject::DataSubject,
    ids::{AccountId, MailAddressId, SubjectId},
    mail_address::{MailAddress, invite::Invite},
    sealed::Sealed,
};
use serde::Serialize;
use store::executor::{CommandError, Unit};

/// Issuer of whoever is known by a mail address only.
const ISSUER: &str = "mailto";

/// Somebody who is asked by mail address.
#[derive(Clone, Debug, Serialize)]
pub struct Invitee {
    /// The address, told by its keyed hash.
    pub address: MailAddressId,
    /// The address itself.
    pub email: String,
    /// What they are called, for an account that is made now.
    pub name: Option<String>,
}

/// Whose a mail address is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Whose {
    /// Somebody's who has an account.
    Known(AccountId),
    /// Nobody's yet.
    New {
        /// The account to be made.
        account: AccountId,
        /// The account that the address had, when its person is to be forgotten.
        forgotten: Option<AccountId>,
    },
}

impl Whose {
    /// The account, whether it is there or to be made.
    pub(crate) const fn account(self) -> AccountId {
        match self {
            Self::Known(account) | Self::New { account, .. } => account,
        }
    }
}

impl Invitee {
    /// Whose the address is. Its stream is a guard from now on, so that of several who ask at once one makes the account.
    pub(crate) async fn find(&self, unit: &mut Unit<'_>) -> Result<Whose, CommandError> {
        let address: MailAddress = unit.load(self.address.uuid()).await?;
        let forgotten = forgotten(unit, address).await?;
        Ok(match address.account() {
            Some(account) if forgotten.is_none() => Whose::Known(account),
            Some(_) | None => Whose::New {
                account: unit.mint(),
                forgotten,
            },
        })
    }

    /// Makes the account, if it is to be made: a candidate whom mail reaches. Comes after whatever may be refused, so that
    /// nobody gets a key for nothing.
    pub(crate) async fn settle(
        &self,
        unit: &mut Unit<'_>,
        whose: Whose,
        by: AccountId,
    ) -> Result<(), CommandError> {
        let Whose::New { account, forgotten } = whose else {
            return Ok(());
        };
        let invite = Invite {
            address: self.address,
            account,
            by,
            forgotten,
        };
        unit.decide::<MailAddress>(self.address.uuid(), invite.into())
            .await?;
        let seal = |text: &String| Sealed::open(SubjectId::of(account), text.clone());
        let register = Register {
            account,
            issuer: ISSUER.to_owned(),
            identity: seal(&self.email),
            email: Some(seal(&self.email)),
            name: self.name.as_ref().map(seal),
        };
        unit.decide::<Account>(account.uuid(), register.into()).await?;
        let grant = GrantRole {
            account,
            role: Role::Candidate,
            by: Some(by),
        };
        unit.decide::<Account>(account.uuid(), grant.into()).await?;
        Ok(())
    }
}

/// The account that an address has, when its person is to be forgotten.
pub(super) async fn forgotten(
    unit: &mut Unit<'_>,
    address: MailAddress,
) -> Result<Option<AccountId>, CommandError> {
    let Some(account) = address.account() else {
        return Ok(None);
    };
    Ok(is_to_be_forgotten(unit, account).await?.then_some(account))
}

/// True from the moment on at which the erasure of somebody was asked for.
pub(super) async fn is_to_be_forgotten(
    unit: &mut Unit<'_>,
    account: AccountId,
) -> Result<bool, CommandError> {
    let person: DataSubject = unit.load(SubjectId::of(account).uuid()).await?;
    Ok(person.is_to_be_forgotten())
}
