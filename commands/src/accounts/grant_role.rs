//! An admin gives a role to an account.

use async_trait::async_trait;
use domain::{
    account::{Account, AccountCommand, grant_role::GrantRole as Grant},
    actor::Role,
    ids::AccountId,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// A role to be granted.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct GrantRole {
    /// To whom.
    pub account: AccountId,
    /// Which.
    pub role: Role,
}

#[async_trait]
impl UseCase for GrantRole {
    const OPERATION: &'static str = "grantRole";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let grant = Grant {
            account: self.account,
            role: self.role,
            by: unit.actor().principal(),
        };
        unit.decide::<Account>(self.account.uuid(), AccountCommand::GrantRole(grant))
            .await?;
        Ok(())
    }
}
