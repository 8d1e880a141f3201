//! Builders for tests of an availability's decisions.

use chrono::Weekday;

use super::{
    Availability,
    declare_out_of_office::DeclareOutOfOffice,
    define_weekly::DefineWeekly,
    events::{
        AvailabilityEvent, BookingLimits, CalendarSource, Caps, ExternalCalendarLinked, LocalWindow,
        WeeklyRule,
    },
    plan_travel::PlanTravel,
    set_date_override::SetDateOverride,
};
use crate::{
    given::{decide, id, utc},
    time::{Instant, Span},
};

pub(super) fn now() -> Instant {
    utc("2026-05-04T10:00:00Z")
}

pub(super) fn window(from: &str, to: Option<&str>) -> LocalWindow {
    LocalWindow {
        from: from.parse().unwrap(),
        to: to.map(|to| to.parse().unwrap()),
    }
}

pub(super) fn rule(weekdays: &[Weekday], window: LocalWindow) -> WeeklyRule {
    WeeklyRule {
        weekdays: weekdays.to_vec(),
        window,
    }
}

pub(super) fn weekly(rules: Vec<WeeklyRule>) -> DefineWeekly {
    DefineWeekly {
        account: id(1),
        zone: "Europe/Berlin".parse().unwrap(),
        rules,
    }
}

/// The windows of one date; none is a day off.
pub(super) fn date(date: &str, windows: Vec<LocalWindow>) -> SetDateOverride {
    SetDateOverride {
        account: id(1),
        date: date.parse().unwrap(),
        windows,
    }
}

pub(super) fn caps(day: u32, week: u32, month: u32) -> Caps {
    Caps {
        day: Some(day),
        week: Some(week),
        month: Some(month),
    }
}

pub(super) const fn limits(interviews: Caps, minutes: Caps) -> BookingLimits {
    BookingLimits { interviews, minutes }
}

/// An absence without a delegate.
pub(super) fn away(absence: u128, from: &str, to: &str) -> DeclareOutOfOffice {
    DeclareOutOfOffice {
        account: id(1),
        absence: id(absence),
        span: Span {
            start: utc(from),
            end: utc(to),
        },
        delegate: None,
    }
}

/// To New York.
pub(super) fn travel(journey: u128, from: &str, until: Option<&str>) -> PlanTravel {
    PlanTravel {
        account: id(1),
        journey: id(journey),
        zone: "America/New_York".parse().unwrap(),
        from: from.parse().unwrap(),
        until: until.map(|until| until.parse().unwrap()),
    }
}

/// Mondays from nine to five.
pub(super) fn defined() -> Vec<AvailabilityEvent> {
    let mondays = rule(&[Weekday::Mon], window("09:00", Some("17:00")));
    decide::<Availability>(&[], weekly(vec![mondays]), now()).unwrap()
}

/// Mondays from nine to five, in a zone.
pub(super) fn defined_in(zone: &str) -> Vec<AvailabilityEvent> {
    let mondays = rule(&[Weekday::Mon], window("09:00", Some("17:00")));
    let command = DefineWeekly {
        zone: zone.parse().unwrap(),
        ..weekly(vec![mondays])
    };
    decide::<Availability>(&[], command, now()).unwrap()
}

/// So many calendars, each given as a file.
pub(super) fn linked(calendars: u128) -> Vec<AvailabilityEvent> {
    let link = |calendar| ExternalCalendarLinked {
        account: id(1),
        calendar: id(calendar),
        source: CalendarSource::File,
    };
    (1..=calendars).map(|calendar| link(calendar).into()).collect()
}
