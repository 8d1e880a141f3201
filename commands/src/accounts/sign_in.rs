//! An identity of the development issuer is seen for the first time, or with a role it did not have: the account is
//! registered and the role granted, as events.

use async_trait::async_trait;
use domain::{
    account::{Account, AccountCommand, grant_role::GrantRole, register::Register},
    actor::Role,
    ids::{AccountId, SubjectId},
    sealed::Sealed,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// What an issuer says about an identity.
#[derive(Clone, Debug, Serialize)]
pub struct Particulars {
    /// The issuer (`iss`).
    pub issuer: String,
    /// The identity's name there (`sub`).
    pub identity: String,
    /// Where mail goes.
    pub email: Option<String>,
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
    /// Which account.
    pub account: AccountId,
    /// What the issuer says.
    pub particulars: Particulars,
    /// The role that the development issuer gives.
    pub role: Role,
}

#[async_trait]
impl UseCase for SignIn {
    const OPERATION: &'static str = "signIn";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        unit.decide::<Account>(
            self.account.uuid(),
            AccountCommand::Register(self.particulars.register(self.account)),
        )
        .await?;
        let grant = GrantRole {
            account: self.account,
            role: self.role,
            by: None,
        };
        unit.decide::<Account>(self.account.uuid(), AccountCommand::GrantRole(grant))
            .await?;
        Ok(())
    }
}
