//! When an interviewer can be met.

use async_graphql::{Context, ID, Result, SimpleObject};
use domain::{
    availability::events::{BookingLimits as DomainLimits, LocalWindow as DomainWindow},
    ids::AccountId,
};
use projections::availability::{self, AvailabilityRules};

use super::{
    as_of::{Past, then},
    effects_overview::CalendarState,
    enums::Weekday,
    person::Person,
    scalars::{Date, DateTime, LocalTime, TimeZone},
    services::services,
    viewer::Viewer,
};
use crate::error::ApiError;

/// A stretch of local time within a day.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct LocalWindow {
    /// First local time inside.
    #[graphql(name = "from")]
    begin: LocalTime,
    /// First local time after; `24:00` is the end of the day.
    #[graphql(name = "to")]
    end: LocalTime,
}

impl From<DomainWindow> for LocalWindow {
    fn from(window: DomainWindow) -> Self {
        Self {
            begin: LocalTime(Some(window.from)),
            end: LocalTime(window.to),
        }
    }
}

/// A window that recurs on some days of the week.
#[derive(SimpleObject, Clone, Debug)]
pub struct WeeklyRule {
    /// On which days.
    weekdays: Vec<Weekday>,
    /// When on these days.
    window: LocalWindow,
}

/// A date with hours of its own.
#[derive(SimpleObject, Clone, Debug)]
pub struct DateOverride {
    /// Which local date.
    date: Date,
    /// Its windows; none is a day off.
    windows: Vec<LocalWindow>,
}

/// A stretch of time during which an interviewer is away and cannot be booked.
#[derive(SimpleObject, Clone, Debug)]
pub struct OutOfOffice {
    /// The absence's id.
    id: ID,
    /// First moment away.
    #[graphql(name = "from")]
    begin: DateTime,
    /// First moment back.
    #[graphql(name = "to")]
    end: DateTime,
    /// Whom to turn to meanwhile; null when nobody was named.
    delegate: Option<Person>,
}

/// A stretch of days that an interviewer spends in another zone: their windows are meant in that zone meanwhile.
#[derive(SimpleObject, Clone, Debug)]
pub struct Journey {
    /// The journey's id.
    id: ID,
    /// The zone meanwhile.
    time_zone: TimeZone,
    /// First date in that zone; it begins at its own midnight there.
    from: Date,
    /// First date back home, or on the next journey; null when it is for good.
    until: Option<Date>,
}

/// A calendar that an interviewer keeps elsewhere: when they are busy there, nothing of theirs can be booked here. Nothing of it
/// is kept but times.
#[derive(SimpleObject, Clone, Debug)]
pub struct ExternalCalendar {
    /// The calendar's id, by which it can be unlinked.
    id: ID,
    /// The end of the host from which it is fetched, such as `***.google.com`; null for a file that was given once.
    host: Option<String>,
    /// Since when it is linked.
    linked_at: DateTime,
    /// When it was last fetched and could be read, now or unchanged; null for a file, before the first time, and for the past.
    fetched_at: Option<DateTime>,
    /// When it is fetched next; null for a file, before the first time, and for the past.
    next_fetch_at: Option<DateTime>,
    /// Why it could not be fetched or read the last time, such as `CALENDAR_UNREACHABLE`; null when it could. What was taken over
    /// before stays in force.
    error_code: Option<String>,
}

/// How much an interviewer takes on within a civil day, an ISO week and a month of their own zone, or how much is taken on of a
/// product in the zone in which its starts are counted. An interview counts, with all its minutes, where it starts.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct BookingLimits {
    /// Most interviews a day; null is no limit.
    per_day: Option<u32>,
    /// Most interviews a week; null is no limit.
    per_week: Option<u32>,
    /// Most interviews a month; null is no limit.
    per_month: Option<u32>,
    /// Most minutes a day, without buffers; null is no limit.
    minutes_per_day: Option<u32>,
    /// Most minutes a week, without buffers; null is no limit.
    minutes_per_week: Option<u32>,
    /// Most minutes a month, without buffers; null is no limit.
    minutes_per_month: Option<u32>,
}

impl From<DomainLimits> for BookingLimits {
    fn from(limits: DomainLimits) -> Self {
        Self {
            per_day: limits.interviews.day,
            per_week: limits.interviews.week,
            per_month: limits.interviews.month,
            minutes_per_day: limits.minutes.day,
            minutes_per_week: limits.minutes.week,
            minutes_per_month: limits.minutes.month,
        }
    }
}

/// When an interviewer can be met, in local wall-clock time.
#[derive(SimpleObject, Clone, Debug)]
pub struct Availability {
    /// The interviewer.
    person: Person,
    /// The zone in which the windows are meant at home; null before any was set.
    time_zone: Option<TimeZone>,
    /// The weekly rules; none means never.
    rules: Vec<WeeklyRule>,
    /// Dates with hours of their own, earliest first.
    overrides: Vec<DateOverride>,
    /// Absences that were not taken back, earliest first, also those that are over.
    absences: Vec<OutOfOffice>,
    /// Journeys that were not taken back, earliest first, also those that are over.
    journeys: Vec<Journey>,
    /// Calendars that are kept elsewhere, in the order in which they were linked.
    external_calendars: Vec<ExternalCalendar>,
    /// How much is taken on.
    limits: BookingLimits,
}

/// How the fetching of calendars stands.
async fn states(
    ctx: &Context<'_>,
    viewer: &Viewer,
    calendars: &[availability::ExternalCalendar],
) -> Result<Vec<CalendarState>> {
    let fetched = calendars.iter().filter(|known| known.masked_host.is_some());
    let fetched: Vec<_> = fetched.map(|known| known.calendar).collect();
    if fetched.is_empty() {
        return Ok(Vec::new());
    }
    let states = services(ctx).effects.calendars(viewer.tenant, &fetched).await;
    Ok(states.map_err(ApiError::unavailable)?)
}

impl Availability {
    /// Somebody's availability, now or as it was, if it was ever set by then.
    ///
    /// # Errors
    /// When the table or the log cannot be read.
    pub async fn load(
        ctx: &Context<'_>,
        viewer: &Viewer,
        account: AccountId,
        past: Option<Past>,
    ) -> Result<Option<Self>> {
        let found = availability::of_accounts(services(ctx).db(), viewer.tenant, &[account]).await;
        let Some(now) = found.map_err(ApiError::unavailable)?.into_iter().flatten().next() else {
            return Ok(None);
        };
        let row = then::<AvailabilityRules>(ctx, past, now).await?;
        let states = match &row {
            Some(stored) if past.is_none() => states(ctx, viewer, &stored.row.calendars).await?,
            Some(_) | None => Vec::new(),
        };
        let state = |calendar| states.iter().find(|known| known.calendar == calendar);
        Ok(row.map(|stored| Self {
            person: Person::then(account, past),
            time_zone: stored.row.zone.map(TimeZone),
            rules: stored
                .row
                .rules
                .iter()
                .map(|rule| WeeklyRule {
                    weekdays: rule.weekdays.iter().copied().map(Weekday::from).collect(),
                    window: rule.window.into(),
                })
                .collect(),
            overrides: stored
                .row
                .overrides
                .iter()
                .map(|day| DateOverride {
                    date: Date(day.date),
                    windows: day.windows.iter().copied().map(LocalWindow::from).collect(),
                })
                .collect(),
            absences: stored
                .row
                .absences
                .iter()
                .map(|known| OutOfOffice {
                    id: known.absence.into(),
                    begin: known.from.into(),
                    end: known.to.into(),
                    delegate: known.delegate.map(|delegate| Person::then(delegate, past)),
                })
                .collect(),
            journeys: stored
                .row
                .journeys
                .iter()
                .map(|known| Journey {
                    id: known.journey.into(),
                    time_zone: TimeZone(known.zone),
                    from: Date(known.from),
                    until: known.until.map(Date),
                })
                .collect(),
            external_calendars: stored
                .row
                .calendars
                .iter()
                .map(|known| ExternalCalendar {
                    id: known.calendar.into(),
                    host: known.masked_host.clone(),
                    linked_at: known.linked_at.into(),
                    fetched_at: state(known.calendar)
                        .and_then(|state| state.fetched_at)
                        .map(Into::into),
                    next_fetch_at: state(known.calendar).map(|state| state.next_at.into()),
                    error_code: state(known.calendar).and_then(|state| state.code.clone()),
                })
                .collect(),
            limits: stored.row.limits.into(),
        }))
    }
}
