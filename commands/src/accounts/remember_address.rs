//! A member signs in with an address by which nobody is known yet: from now on they are found by it.

use async_trait::async_trait;
use domain::ids::{AccountId, MailAddressId};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::enter::prove;

/// An address that the issuer of somebody's identity vouches for.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RememberAddress {
    /// Whose it is.
    pub account: AccountId,
    /// Which, told by its keyed hash.
    pub address: MailAddressId,
}

#[async_trait]
impl UseCase for RememberAddress {
    const OPERATION: &'static str = "rememberAddress";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        prove(unit, self.account, Some(self.address)).await
    }
}
