//! The table of docs/TIME.md is what the search for slots says.

use std::{fmt::Write as _, fs};

use chrono::{Duration, NaiveDate, NaiveTime};

use super::*;
use crate::{
    aggregate::Aggregate,
    availability::events::{DateOverrideSet, LocalWindow, WeeklyAvailabilityDefined},
    given::{fold, id},
    interview_type::given::spec,
};

/// Days on which something happens to the clocks, and two on which nothing does.
const DAYS: [(&str, &str); 18] = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Africa/Cairo", "2026-04-24"),
    ("Africa/Cairo", "2026-10-29"),
    ("America/Santiago", "2026-09-06"),
    ("America/Santiago", "2026-04-04"),
    ("Asia/Beirut", "2026-03-29"),
    ("America/Havana", "2026-11-01"),
    ("Africa/Casablanca", "2026-02-15"),
    ("Africa/Casablanca", "2026-03-22"),
    ("Atlantic/Azores", "2026-03-29"),
    ("Pacific/Apia", "2011-12-30"),
    ("Asia/Kolkata", "2026-03-29"),
    ("Asia/Kathmandu", "2026-03-29"),
];

fn row(zone: &str, date: &str) -> String {
    let (zone, date): (Zone, NaiveDate) = (zone.parse().unwrap(), date.parse().unwrap());
    let first = |date: NaiveDate| zone.instant(date.and_time(NaiveTime::MIN));
    let day = Span {
        start: first(date),
        end: first(date + Duration::days(1)),
    };
    let hours = day.seconds() as f64 / 3600.0;
    let half_past_two = zone.instant(date.and_hms_opt(2, 30, 0).unwrap());
    let offered: Vec<_> = offered(zone, date)
        .into_iter()
        .map(|start| zone.local(start).format("%H:%M").to_string())
        .collect();
    let offered = if offered.is_empty() {
        "none".to_owned()
    } else {
        offered.join(" ")
    };
    format!(
        "| {zone} | {date} | {} | {hours} | {offered} | {} |",
        day.start.format("%m-%d %H:%MZ"),
        half_past_two.format("%m-%d %H:%MZ")
    )
}

/// Starts of half hours from midnight to four on one date.
fn offered(zone: Zone, date: NaiveDate) -> Vec<Instant> {
    let weekly = WeeklyAvailabilityDefined {
        account: id(1),
        zone,
        rules: Vec::new(),
    };
    let hours = DateOverrideSet {
        account: id(1),
        date,
        windows: vec![LocalWindow {
            from: NaiveTime::MIN,
            to: NaiveTime::from_hms_opt(4, 0, 0),
        }],
    };
    let availability = fold::<Availability>(&[weekly.into()]).evolve(&hours.into());
    let person = Calendar {
        account: id(1),
        availability: &availability,
        claims: &InterviewerCalendar::default(),
        recent: 0,
    };
    let spec = TypeSpec {
        duration_minutes: 30,
        slot_step_minutes: 30,
        notice_minutes: 0,
        horizon: Horizon::Days(30),
        ..spec()
    };
    let noon = date.and_hms_opt(12, 0, 0).unwrap().and_utc();
    let (from, to) = (noon - Duration::days(2), noon + Duration::days(2));
    offers(&Product::of(&spec), &[person], from, to, from)
        .into_iter()
        .map(|offer| offer.span.start)
        .collect()
}

#[test]
fn the_table_of_the_documentation_is_what_is_offered() {
    let mut table = String::from(
        "| zone | date | begins | hours | offered, of 00:00 to 04:00 | 02:30 means |\n|---|---|---|---|---|---|\n",
    );
    for (zone, date) in DAYS {
        writeln!(table, "{}", row(zone, date)).unwrap();
    }

    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/TIME.md");
    let documented = fs::read_to_string(path).unwrap();

    assert!(
        documented.contains(&table),
        "docs/TIME.md should have this table:\n{table}"
    );
}
