//! A person without a role chooses one where self-service allows it: once, for good.

use async_trait::async_trait;
use domain::{
    account::{Account, AccountCommand, choose_role::ChooseRole as Choose},
    actor::Role,
    ids::AccountId,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::sign_in::Particulars;

/// The choice.
#[derive(Clone, Debug, Serialize)]
pub struct ChooseRole {
    /// Whose.
    pub account: AccountId,
    /// What the issuer says about the person, for the account that this may register.
    pub particulars: Particulars,
    /// The role: candidate or interviewer.
    pub role: Role,
}

#[async_trait]
impl UseCase for ChooseRole {
    const OPERATION: &'static str = "chooseRole";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        unit.decide::<Account>(
            self.account.uuid(),
            AccountCommand::Register(self.particulars.register(self.account)),
        )
        .await?;
        let choose = Choose {
            account: self.account,
            role: self.role,
        };
        unit.decide::<Account>(self.account.uuid(), AccountCommand::ChooseRole(choose))
            .await?;
        Ok(())
    }
}
