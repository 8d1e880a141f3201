//! An identity of the development issuer is seen for the first time, or with a role it did not have: the account is
//! registered, or the one is taken up that waits for whoever signs in with its address, and the role granted, as events.

use async_trait::async_trait;
use domain::{
    account::{Account, AccountCommand, grant_role::GrantRole, register::Register},
    actor::Role,
    ids::{AccountId, MailAddressId, SubjectId},
    sealed::Sealed,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::enter::enter;

/// What an issuer says about an identity.
#[derive(Clone, Debug, Serialize)]
pub struct Particulars {
    /// The issuer (`iss`).
    pub issuer: String,
    /// The identity's name there (`sub`).
    pub identity: String,
    /// Where mail goes; only an address that the issuer vouches for.
    pub email: Option<String>,
    /// The keyed hash of that address. It follows from the address, and so is no input of its own.
    #[serde(skip_serializing)]
    pub address: Option<MailAddressId>,
    /// What the person is called.
    pub name: Option<String>,
}

impl Particulars {
    /// As the command that registers the account, sealed with the person's key.
    pub fn register(&self, account: AccountId) -> Register {
        let seal = |text: &String| Sealed::open(SubjectId::of(account), text.clone());
        Register {
            account,
            issuer: self.issuer.clone(),
            identity: seal(&self.identity),
            email: self.email.as_ref().map(seal),
            name: self.name.as_ref().map(seal),
        }
    }
}

/// Registers an account with a role, unless it has it.
#[derive(Clone, Debug, Serialize)]
pub struct SignIn {
    /// The account that the identity has or would have.
    pub account: AccountId,
    /// What the issuer says.
    pub particulars: Particulars,
    /// The role that the development issuer gives.
    pub role: Role,
}

#[async_trait]
impl UseCase for SignIn {
    const OPERATION: &'static str = "signIn";
    /// As which account they act.
    type Output = AccountId;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<AccountId, CommandError> {
        let account = enter(unit, self.account, &self.particulars).await?;
        let grant = GrantRole {
            account,
            role: self.role,
            by: None,
        };
        unit.decide::<Account>(account.uuid(), AccountCommand::GrantRole(grant))
            .await?;
        Ok(account)
    }
}
