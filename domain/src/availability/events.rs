//! What can happen to an interviewer's availability.

use chrono::{NaiveDate, NaiveTime, Weekday};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AbsenceId, AccountId, ExternalCalendarId, JourneyId},
    sealed::Sealed,
    time::{Instant, Zone},
};

/// A stretch of local wall-clock time within a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LocalWindow {
    /// First local time inside.
    pub from: NaiveTime,
    /// First local time after; `None` is 24:00, the end of the day.
    pub to: Option<NaiveTime>,
}

/// A window that recurs on some days of the week, in local time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WeeklyRule {
    /// On which days.
    #[schemars(schema_with = "weekdays")]
    pub weekdays: Vec<Weekday>,
    /// When on these days.
    pub window: LocalWindow,
}

/// The weekly rules were set, in place of those before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WeeklyAvailabilityDefined {
    /// Whose.
    pub account: AccountId,
    /// The zone in which the windows are meant.
    pub zone: Zone,
    /// The rules; none means never.
    pub rules: Vec<WeeklyRule>,
}

/// One date got windows of its own, in place of the weekly rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DateOverrideSet {
    /// Whose.
    pub account: AccountId,
    /// Which local date.
    pub date: NaiveDate,
    /// The windows of that date; none is a day off.
    pub windows: Vec<LocalWindow>,
}

/// The weekly rules hold again on a date.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DateOverrideCleared {
    /// Whose.
    pub account: AccountId,
    /// Which local date.
    pub date: NaiveDate,
}

/// The interviewer is away: nothing of theirs can be booked meanwhile. Interviews that were booked before stay booked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OutOfOfficeDeclared {
    /// Who is away.
    pub account: AccountId,
    /// The absence.
    pub absence: AbsenceId,
    /// First moment away.
    pub from: Instant,
    /// First moment back.
    pub to: Instant,
    /// Whom to turn to meanwhile, if anybody was named.
    pub delegate: Option<AccountId>,
}

/// An absence was taken back, as if it had not been declared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OutOfOfficeWithdrawn {
    /// Whose.
    pub account: AccountId,
    /// The absence.
    pub absence: AbsenceId,
}

/// The interviewer is in another zone for a while: their windows are meant in that zone from the beginning of a date, and
/// at home again from the beginning of another. Interviews that were booked before stay where they are.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TravelPlanned {
    /// Who travels.
    pub account: AccountId,
    /// The journey.
    pub journey: JourneyId,
    /// The zone meanwhile.
    pub zone: Zone,
    /// First date in that zone.
    pub from: NaiveDate,
    /// First date back; none when it is for good.
    pub until: Option<NaiveDate>,
}

/// A journey was taken back, as if it had not been planned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TravelCancelled {
    /// Whose.
    pub account: AccountId,
    /// The journey.
    pub journey: JourneyId,
}

/// Where the times of a calendar come from that somebody keeps elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum CalendarSource {
    /// A file that was given once.
    File,
    /// An address that is looked at again and again.
    Feed {
        /// The address, which is as secret as what can be read there.
        address: Sealed<String>,
        /// What may be shown of it, such as `***.google.com`.
        masked_host: String,
    },
}

/// A calendar that the interviewer keeps elsewhere was linked: when they are busy there, nothing of theirs can be booked here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExternalCalendarLinked {
    /// Whose.
    pub account: AccountId,
    /// The calendar.
    pub calendar: ExternalCalendarId,
    /// Where its times come from.
    pub source: CalendarSource,
}

/// A calendar is no longer linked, and its times block nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExternalCalendarUnlinked {
    /// Whose.
    pub account: AccountId,
    /// The calendar.
    pub calendar: ExternalCalendarId,
}

/// Most of something within a day, a week or a month; none is no limit.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Caps {
    /// Within a civil day.
    pub day: Option<u32>,
    /// Within an ISO week.
    pub week: Option<u32>,
    /// Within a month of the calendar.
    pub month: Option<u32>,
}

/// How much an interviewer takes on, or how much is taken on of a product.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BookingLimits {
    /// Most interviews.
    pub interviews: Caps,
    /// Most minutes of interviews, without buffers.
    pub minutes: Caps,
}

/// How much the interviewer takes on was set, in place of what was set before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BookingLimitsSet {
    /// Whose.
    pub account: AccountId,
    /// The limits.
    pub limits: BookingLimits,
}

/// The names that `chrono` writes; it has no schema of its own.
fn weekdays(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": { "type": "string", "enum": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] }
    })
}

events! {
    /// What can happen to an interviewer's availability.
    pub enum AvailabilityEvent in Category::Availability {
        WeeklyAvailabilityDefined = "availability.weekly_defined" v 1,
        DateOverrideSet = "availability.date_override_set" v 1,
        DateOverrideCleared = "availability.date_override_cleared" v 1,
        OutOfOfficeDeclared = "availability.out_of_office_declared" v 1,
        OutOfOfficeWithdrawn = "availability.out_of_office_withdrawn" v 1,
        BookingLimitsSet = "availability.booking_limits_set" v 1,
        TravelPlanned = "availability.travel_planned" v 1,
        TravelCancelled = "availability.travel_cancelled" v 1,
        ExternalCalendarLinked = "availability.external_calendar_linked" v 1,
        ExternalCalendarUnlinked = "availability.external_calendar_unlinked" v 1,
    }
}
