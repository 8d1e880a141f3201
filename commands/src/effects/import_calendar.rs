//! What a calendar says that is kept elsewhere is taken over.

use async_trait::async_trait;
use domain::{
    availability::Availability,
    ids::{AccountId, ExternalCalendarId},
    interviewer_calendar::{InterviewerCalendar, import_busy::ImportBusy},
    time::Span,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// When somebody is busy elsewhere.
#[derive(Clone, Debug, Serialize)]
pub struct ImportCalendar {
    /// Whose.
    pub account: AccountId,
    /// The calendar.
    pub calendar: ExternalCalendarId,
    /// For which stretch of time it was read.
    pub window: Span,
    /// All busy times in it, in order and apart from each other.
    pub busy: Vec<Span>,
}

#[async_trait]
impl UseCase for ImportCalendar {
    const OPERATION: &'static str = "importCalendar";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let availability: Availability = unit.load(self.account.uuid()).await?;
        // Unlinked while it was fetched.
        if availability.calendar(self.calendar).is_none() {
            return Ok(());
        }
        let import = ImportBusy {
            account: self.account,
            calendar: self.calendar,
            window: self.window,
            busy: self.busy.clone(),
        };
        unit.decide::<InterviewerCalendar>(self.account.uuid(), import.into())
            .await?;
        Ok(())
    }
}
