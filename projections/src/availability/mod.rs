//! When interviewers take interviews, as rules in local time. Free slots are computed from it, never stored.

use chrono::NaiveDate;
use domain::{
    availability::events::{AvailabilityEvent, BookingLimits, CalendarSource, LocalWindow, WeeklyRule},
    envelope::Envelope,
    ids::{AbsenceId, AccountId, ExternalCalendarId, JourneyId, OrganisationId},
    time::{Instant, Zone},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears, list,
    model::{Column, Index, Key, ReadModel, Stored},
    sql::{Db, DbError, Value},
};

/// The read model.
#[derive(Debug)]
pub enum AvailabilityRules {}

/// The rules of one interviewer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Availability {
    /// Whose.
    pub account: AccountId,
    /// The zone in which the windows are meant; `None` while no weekly rules were ever set.
    pub zone: Option<Zone>,
    /// The weekly rules; none means never.
    pub rules: Vec<WeeklyRule>,
    /// Dates with windows of their own, earliest first.
    pub overrides: Vec<DateOverride>,
    /// Absences that were not taken back, earliest first, also those that are over.
    pub absences: Vec<Absence>,
    /// How much is taken on.
    pub limits: BookingLimits,
    /// Journeys that were not taken back, earliest first, also those that are over.
    pub journeys: Vec<Journey>,
    /// Calendars that are kept elsewhere and linked, in the order in which they were.
    pub calendars: Vec<ExternalCalendar>,
    /// How many events the stream holds.
    pub version: u64,
}

/// A date with windows of its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DateOverride {
    /// Which local date.
    pub date: NaiveDate,
    /// Its windows; none is a day off.
    pub windows: Vec<LocalWindow>,
}

/// A stretch of time during which an interviewer is away.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Absence {
    /// Which.
    pub absence: AbsenceId,
    /// First moment away.
    pub from: Instant,
    /// First moment back.
    pub to: Instant,
    /// Whom to turn to meanwhile.
    pub delegate: Option<AccountId>,
}

/// A stretch of days that an interviewer spends in another zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Journey {
    /// Which.
    pub journey: JourneyId,
    /// The zone meanwhile.
    pub zone: Zone,
    /// First date there.
    pub from: NaiveDate,
    /// First date back; none when it is for good.
    pub until: Option<NaiveDate>,
}

/// A calendar that is kept elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExternalCalendar {
    /// Which.
    pub calendar: ExternalCalendarId,
    /// The end of the host from which it is fetched; none for a file.
    pub masked_host: Option<String>,
    /// Since when it is linked.
    pub linked_at: Instant,
}

hears! {
    /// What it is told by.
    pub enum Heard { Availability(AvailabilityEvent) }
}

impl ReadModel for AvailabilityRules {
    const NAME: &'static str = "availability";
    const COLUMNS: &'static [Column] = &[];
    const INDEXES: &'static [Index] = &[];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Availability;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        vec![Key::of(account_of(event))]
    }

    fn apply(_: Key, row: Option<Availability>, event: &Heard, envelope: &Envelope) -> Option<Availability> {
        let mut row = row.unwrap_or_else(|| Availability {
            account: account_of(event),
            zone: None,
            rules: Vec::new(),
            overrides: Vec::new(),
            absences: Vec::new(),
            limits: BookingLimits::default(),
            journeys: Vec::new(),
            calendars: Vec::new(),
            version: 0,
        });
        row.version = envelope.version;
        let Heard::Availability(event) = event;
        match event {
            AvailabilityEvent::WeeklyAvailabilityDefined(event) => {
                row.zone = Some(event.zone);
                row.rules.clone_from(&event.rules);
            }
            AvailabilityEvent::DateOverrideSet(event) => {
                row.overrides.retain(|known| known.date != event.date);
                row.overrides.push(DateOverride {
                    date: event.date,
                    windows: event.windows.clone(),
                });
                row.overrides.sort_unstable_by_key(|known| known.date);
            }
            AvailabilityEvent::DateOverrideCleared(event) => {
                row.overrides.retain(|known| known.date != event.date);
            }
            AvailabilityEvent::OutOfOfficeDeclared(event) => {
                row.absences.push(Absence {
                    absence: event.absence,
                    from: event.from,
                    to: event.to,
                    delegate: event.delegate,
                });
                row.absences
                    .sort_unstable_by_key(|known| (known.from, known.absence));
            }
            AvailabilityEvent::OutOfOfficeWithdrawn(event) => {
                row.absences.retain(|known| known.absence != event.absence);
            }
            AvailabilityEvent::BookingLimitsSet(event) => row.limits = event.limits,
            AvailabilityEvent::TravelPlanned(event) => {
                row.journeys.push(Journey {
                    journey: event.journey,
                    zone: event.zone,
                    from: event.from,
                    until: event.until,
                });
                row.journeys
                    .sort_unstable_by_key(|known| (known.from, known.journey));
            }
            AvailabilityEvent::TravelCancelled(event) => {
                row.journeys.retain(|known| known.journey != event.journey);
            }
            AvailabilityEvent::ExternalCalendarLinked(event) => {
                row.calendars.push(ExternalCalendar {
                    calendar: event.calendar,
                    masked_host: match &event.source {
                        CalendarSource::File => None,
                        CalendarSource::Feed { masked_host, .. } => Some(masked_host.clone()),
                    },
                    linked_at: envelope.occurred_at,
                });
            }
            AvailabilityEvent::ExternalCalendarUnlinked(event) => {
                row.calendars.retain(|known| known.calendar != event.calendar);
            }
        }
        Some(row)
    }

    fn columns(_: &Availability) -> Vec<Value> {
        Vec::new()
    }
}

const fn account_of(event: &Heard) -> AccountId {
    let Heard::Availability(event) = event;
    match event {
        AvailabilityEvent::WeeklyAvailabilityDefined(event) => event.account,
        AvailabilityEvent::DateOverrideSet(event) => event.account,
        AvailabilityEvent::DateOverrideCleared(event) => event.account,
        AvailabilityEvent::OutOfOfficeDeclared(event) => event.account,
        AvailabilityEvent::OutOfOfficeWithdrawn(event) => event.account,
        AvailabilityEvent::BookingLimitsSet(event) => event.account,
        AvailabilityEvent::TravelPlanned(event) => event.account,
        AvailabilityEvent::TravelCancelled(event) => event.account,
        AvailabilityEvent::ExternalCalendarLinked(event) => event.account,
        AvailabilityEvent::ExternalCalendarUnlinked(event) => event.account,
    }
}

/// The rules of several interviewers in the order asked, by one statement.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn of_accounts(
    db: &Db,
    tenant: OrganisationId,
    accounts: &[AccountId],
) -> Result<Vec<Option<Stored<Availability>>>, DbError> {
    let keys: Vec<Key> = accounts.iter().copied().map(Key::of).collect();
    list::by_keys::<AvailabilityRules>(db, tenant, &keys).await
}
