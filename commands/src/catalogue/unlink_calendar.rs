//! A calendar that an interviewer keeps elsewhere is unlinked, and blocks nothing from then on.

use async_trait::async_trait;
use domain::{
    availability::{Availability, unlink_calendar::UnlinkCalendar as Unlink},
    ids::{AccountId, ExternalCalendarId},
    interviewer_calendar::{InterviewerCalendar, remove_busy::RemoveBusy},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::set_availability::must_be_interviewer;

/// A calendar that is not wanted any more.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct UnlinkCalendar {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub calendar: ExternalCalendarId,
}

#[async_trait]
impl UseCase for UnlinkCalendar {
    const OPERATION: &'static str = "unlinkCalendar";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        must_be_interviewer(unit, self.account).await?;
        let unlink = Unlink {
            account: self.account,
            calendar: self.calendar,
        };
        unit.decide::<Availability>(self.account.uuid(), unlink.into())
            .await?;
        let remove = RemoveBusy {
            account: self.account,
            calendar: self.calendar,
        };
        unit.decide::<InterviewerCalendar>(self.account.uuid(), remove.into())
            .await?;
        Ok(())
    }
}
