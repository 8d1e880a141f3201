//! A person sets their own particulars.

use async_trait::async_trait;
use domain::{
    account::{Account, AccountCommand, set_time_zone::SetTimeZone, update_profile::UpdateProfile as Update},
    ids::{AccountId, SubjectId},
    sealed::Sealed,
    time::Zone,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// What to set; what is absent stays as it is.
#[derive(Clone, Debug, Serialize)]
pub struct UpdateProfile {
    /// Whose.
    pub account: AccountId,
    /// What the person is called.
    pub name: Option<String>,
    /// Where mail goes.
    pub email: Option<String>,
    /// The zone times are told in.
    pub zone: Option<Zone>,
}

#[async_trait]
impl UseCase for UpdateProfile {
    const OPERATION: &'static str = "updateProfile";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let seal = |text: &String| Sealed::open(SubjectId::of(self.account), text.clone());
        if self.name.is_some() || self.email.is_some() {
            let update = Update {
                account: self.account,
                name: self.name.as_ref().map(seal),
                email: self.email.as_ref().map(seal),
            };
            unit.decide::<Account>(self.account.uuid(), AccountCommand::UpdateProfile(update))
                .await?;
        }
        if let Some(zone) = self.zone {
            unit.decide::<Account>(
                self.account.uuid(),
                AccountCommand::SetTimeZone(SetTimeZone {
                    account: self.account,
                    zone,
                }),
            )
            .await?;
        }
        Ok(())
    }
}
