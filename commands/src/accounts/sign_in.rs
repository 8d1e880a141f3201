//! An identity of the development issuer is seen for the first time, or with a role it did not have: the account is
//! registered, or the one is taken up that waits for whoever signs in with its address, and the role granted, as events.

use async_trait::async_trait;
use domain::{
    account::{Account, AccountCommand, grant_role::GrantRole},
    actor::Role,
    ids::AccountId,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::{enter::enter, particulars::Particulars};

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
