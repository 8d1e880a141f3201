//! A person without a role chooses one where self-service allows it: once, for good.

use async_trait::async_trait;
use domain::{
    account::{Account, AccountCommand, choose_role::ChooseRole as Choose},
    actor::Role,
    ids::AccountId,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::{enter::enter, particulars::Particulars};

/// The choice.
#[derive(Clone, Debug, Serialize)]
pub struct ChooseRole {
    /// The account that the identity has or would have.
    pub account: AccountId,
    /// What the issuer says about the person, for the account that this may register.
    pub particulars: Particulars,
    /// The role: candidate or interviewer.
    pub role: Role,
}

#[async_trait]
impl UseCase for ChooseRole {
    const OPERATION: &'static str = "chooseRole";
    /// As which account they act; `None` in receipts of the time when it was always the one of the command.
    type Output = Option<AccountId>;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Option<AccountId>, CommandError> {
        let account = enter(unit, self.account, &self.particulars).await?;
        let choose = Choose {
            account,
            role: self.role,
        };
        unit.decide::<Account>(account.uuid(), AccountCommand::ChooseRole(choose))
            .await?;
        Ok(Some(account))
    }
}
