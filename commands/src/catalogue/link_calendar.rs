//! A calendar that an interviewer keeps elsewhere is linked.

use async_trait::async_trait;
use domain::{
    availability::{Availability, events::CalendarSource, link_calendar::LinkCalendar as Link},
    external_calendar::{CalendarError, FeedAddress, busy, window},
    ids::{AccountId, ExternalCalendarId, SubjectId},
    interviewer_calendar::{InterviewerCalendar, import_busy::ImportBusy},
    refusal::Refusal,
    sealed::Sealed,
    time::Zone,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::set_availability::must_be_interviewer;

/// A calendar.
#[derive(Debug, Serialize)]
pub struct LinkCalendar {
    /// Whose.
    pub account: AccountId,
    /// What is linked.
    pub given: Given,
}

/// What is linked.
#[derive(Serialize)]
pub enum Given {
    /// The text of a calendar file, of which nothing is kept but times.
    File(String),
    /// An address from which it is fetched again and again.
    Address(String),
}

/// Both are as private as the calendar.
impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::File(_) => "File",
            Self::Address(_) => "Address",
        })
    }
}

/// The calendar that was linked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Linked {
    /// The calendar.
    pub calendar: ExternalCalendarId,
}

#[async_trait]
impl UseCase for LinkCalendar {
    const OPERATION: &'static str = "linkCalendar";
    type Output = Linked;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Linked, CommandError> {
        must_be_interviewer(unit, self.account).await?;
        let calendar = unit.mint();
        match &self.given {
            Given::File(text) => {
                self.link(unit, calendar, CalendarSource::File).await?;
                let window = window(unit.now());
                let home = home(unit, self.account).await?;
                let import = ImportBusy {
                    account: self.account,
                    calendar,
                    window,
                    busy: busy(text, home, window).map_err(unusable)?,
                };
                unit.decide::<InterviewerCalendar>(self.account.uuid(), import.into())
                    .await?;
            }
            Given::Address(text) => {
                let address = FeedAddress::parse(text).map_err(unusable)?;
                let source = CalendarSource::Feed {
                    address: Sealed::open(SubjectId::of(self.account), address.expose().as_str().to_owned()),
                    masked_host: address.masked_host(),
                };
                self.link(unit, calendar, source).await?;
            }
        }
        Ok(Linked { calendar })
    }
}

impl LinkCalendar {
    async fn link(
        &self,
        unit: &mut Unit<'_>,
        calendar: ExternalCalendarId,
        source: CalendarSource,
    ) -> Result<(), CommandError> {
        let link = Link {
            account: self.account,
            calendar,
            source,
        };
        unit.decide::<Availability>(self.account.uuid(), link.into())
            .await?;
        Ok(())
    }
}

/// The zone in which times without one are meant.
async fn home(unit: &mut Unit<'_>, account: AccountId) -> Result<Zone, CommandError> {
    let availability: Availability = unit.load(account.uuid()).await?;
    Ok(availability.zone().unwrap_or(Zone::UTC))
}

fn unusable(error: CalendarError) -> Refusal {
    Refusal::UnusableCalendar(error)
}
