//! Whoever was invited by mail address signs in for the first time: from now on they act as the account that waited for
//! them.

use async_trait::async_trait;
use domain::{ids::AccountId, refusal::Refusal};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::{enter::take_up, particulars::Particulars};

/// An identity whose issuer vouches for an address.
#[derive(Clone, Debug, Serialize)]
pub struct TakeUpInvitation {
    /// The account that the identity would have of its own.
    pub own: AccountId,
    /// What the issuer says.
    pub particulars: Particulars,
}

#[async_trait]
impl UseCase for TakeUpInvitation {
    const OPERATION: &'static str = "takeUpInvitation";
    /// As which account they act.
    type Output = AccountId;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<AccountId, CommandError> {
        let account = take_up(unit, self.own, &self.particulars).await?;
        account.ok_or_else(|| Refusal::NotFound { what: "invitation" }.into())
    }
}
