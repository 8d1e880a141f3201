//! An admin takes a role from an account; the last admin stays.

use async_trait::async_trait;
use domain::{
    account::{Account, AccountCommand, revoke_role::RevokeRole as Revoke},
    actor::Role,
    ids::AccountId,
    refusal::Refusal,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// A role to be revoked.
#[derive(Clone, Debug, Serialize)]
pub struct RevokeRole {
    /// From whom.
    pub account: AccountId,
    /// Which.
    pub role: Role,
    /// The accounts that a list shows as admins; each is loaded, so that the truth guards the append.
    pub admins: Vec<AccountId>,
}

#[async_trait]
impl UseCase for RevokeRole {
    const OPERATION: &'static str = "revokeRole";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let mut other_admins = 0;
        for admin in self.admins.iter().filter(|admin| **admin != self.account) {
            let other: Account = unit.load(admin.uuid()).await?;
            other_admins += u32::from(other.has(Role::Admin));
        }
        let by = unit.actor().principal().ok_or(Refusal::Forbidden)?;
        let revoke = Revoke {
            account: self.account,
            role: self.role,
            by,
            other_admins,
        };
        unit.decide::<Account>(self.account.uuid(), AccountCommand::RevokeRole(revoke))
            .await?;
        Ok(())
    }
}
