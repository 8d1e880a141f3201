//! Somebody else's program, python-dateutil, follows the same rules to the same local times.
//!
//! Left out is what it decides otherwise than RFC 5545, with a test by hand in `tests.rs` each: weekdays with and without
//! numbers in one rule (it wants both), BYWEEKNO without days (it takes all seven), the last and 52nd weeks of a year seen from
//! January (it miscounts them), and BYSETPOS in the week, hour or minute in which a series starts (it counts from the start).

use std::{fs, process::Command};

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime};
use proptest::{
    prelude::*,
    sample::{select, subsequence},
    strategy::{BoxedStrategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::json;
use tempfile::TempDir;

use super::Rule;
use crate::{
    python::python,
    time::{Span, Zone},
};

const SCRIPT: &str = include_str!("second_opinion.py");

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// Rules of each frequency.
const RULES: [(&str, usize); 7] = [
    ("YEARLY", 220),
    ("MONTHLY", 160),
    ("WEEKLY", 120),
    ("DAILY", 120),
    ("HOURLY", 60),
    ("MINUTELY", 40),
    ("SECONDLY", 20),
];

#[derive(Debug)]
struct Case {
    start: NaiveDateTime,
    rule: String,
    /// The first moment that is not looked at.
    end: NaiveDateTime,
}

/// How long a series of a frequency is looked at.
fn length(frequency: &str) -> Duration {
    match frequency {
        "YEARLY" => Duration::days(14 * 365),
        "MONTHLY" => Duration::days(4 * 365),
        "WEEKLY" => Duration::days(3 * 365),
        "DAILY" => Duration::days(500),
        "HOURLY" => Duration::days(40),
        "MINUTELY" => Duration::days(2),
        _ => Duration::hours(3),
    }
}

/// Nothing, or a part with some of these values.
fn part(name: &'static str, values: Vec<i32>, most: usize) -> BoxedStrategy<String> {
    let some = subsequence(values, 1..=most)
        .prop_shuffle()
        .prop_map(move |values| {
            let values: Vec<_> = values.iter().map(ToString::to_string).collect();
            format!(";{name}={}", values.join(","))
        });
    prop_oneof![2 => Just(String::new()), 1 => some].boxed()
}

fn both(range: std::ops::RangeInclusive<i32>) -> Vec<i32> {
    range.clone().chain(range.map(|value| -value)).collect()
}

fn plain_days() -> BoxedStrategy<String> {
    let some = subsequence(WEEKDAYS.to_vec(), 1..=4).prop_map(|days| format!(";BYDAY={}", days.join(",")));
    prop_oneof![Just(String::new()), some].boxed()
}

fn numbered_days(most: i32) -> BoxedStrategy<String> {
    let numbers = both(1..=most);
    let day = (select(numbers), select(WEEKDAYS.to_vec())).prop_map(|(nth, day)| format!("{nth}{day}"));
    let some = proptest::collection::vec(day, 1..4).prop_map(|days| format!(";BYDAY={}", days.join(",")));
    prop_oneof![1 => plain_days(), 1 => some].boxed()
}

/// The parts that choose days, as the frequency allows them.
fn day_parts(frequency: &'static str) -> BoxedStrategy<String> {
    let none = || Just(String::new()).boxed();
    let months = part("BYMONTH", (1..=12).collect(), 6);
    // With a month no rule waits for a day that never comes.
    let month_days = part("BYMONTHDAY", both(1..=28), 5);
    let year_days = part("BYYEARDAY", both(1..=366), 6);
    let weeks = (
        subsequence(both(1..=51), 1..=4),
        subsequence(WEEKDAYS.to_vec(), 1..=3),
    )
        .prop_map(|(weeks, days)| {
            let weeks: Vec<_> = weeks.iter().map(ToString::to_string).collect();
            format!(";BYWEEKNO={};BYDAY={}", weeks.join(","), days.join(","))
        });
    let parts = |all: [BoxedStrategy<String>; 3]| all.prop_map(|parts| parts.concat()).boxed();
    match frequency {
        "YEARLY" => prop_oneof![
            2 => parts([months, month_days.clone(), numbered_days(4)]),
            2 => parts([month_days, numbered_days(20), none()]),
            2 => parts([year_days, plain_days(), none()]),
            3 => weeks,
        ]
        .boxed(),
        "MONTHLY" => prop_oneof![
            parts([months.clone(), month_days, plain_days()]),
            parts([months, numbered_days(5), none()]),
        ]
        .boxed(),
        "WEEKLY" => parts([months, plain_days(), none()]),
        "DAILY" => parts([months, month_days, plain_days()]),
        _ => parts([none(), month_days, plain_days()]),
    }
}

fn time_parts(frequency: &'static str) -> BoxedStrategy<String> {
    let hours = part("BYHOUR", (0..=23).collect(), 3);
    let minutes = part("BYMINUTE", (0..=59).collect(), 3);
    let seconds = part("BYSECOND", (0..=59).collect(), 2);
    if frequency == "SECONDLY" {
        return (minutes, seconds).prop_map(|(a, b)| a + &b).boxed();
    }
    (hours, minutes, seconds)
        .prop_map(|(a, b, c)| a + &b + &c)
        .boxed()
}

fn start() -> impl Strategy<Value = NaiveDateTime> {
    let days = NaiveDate::from_ymd_opt(1999, 1, 1).unwrap().num_days_from_ce();
    (0..15_000_i32, 0..86_400_u32).prop_map(move |(day, second)| {
        let date = NaiveDate::from_num_days_from_ce_opt(days + day).unwrap();
        date.and_time(NaiveTime::from_num_seconds_from_midnight_opt(second, 0).unwrap())
    })
}

fn case(frequency: &'static str) -> BoxedStrategy<Case> {
    let interval = prop_oneof![3 => Just(1_u32), 2 => 2..6_u32, 1 => 6..40_u32];
    let week_start = prop_oneof![Just(None), select(WEEKDAYS.to_vec()).prop_map(Some)];
    // A day has one time more often than not, and the other program waits for its second until the year 9999.
    let positions = if frequency == "DAILY" {
        vec![1, -1]
    } else {
        vec![1, 2, 3, -1, -2]
    };
    let position = prop_oneof![2 => Just(None), 1 => subsequence(positions, 1..=2).prop_map(Some)];
    let end = prop_oneof![
        Just(None),
        (1..60_u32).prop_map(|count| Some(Ok(count))),
        (0..100_i32).prop_map(|percent| Some(Err(percent)))
    ];
    let parts = (day_parts(frequency), time_parts(frequency));
    (start(), interval, week_start, position, end, parts)
        .prop_map(
            move |(start, interval, week_start, position, end, (days, times))| {
                let mut rule = format!("FREQ={frequency};INTERVAL={interval}{days}{times}");
                if let Some(day) = week_start {
                    rule += &format!(";WKST={day}");
                }
                let is_whole = matches!(frequency, "YEARLY" | "MONTHLY" | "DAILY");
                if let Some(positions) =
                    position.filter(|_| is_whole && (!days.is_empty() || !times.is_empty()))
                {
                    let positions: Vec<_> = positions.iter().map(ToString::to_string).collect();
                    rule += &format!(";BYSETPOS={}", positions.join(","));
                }
                match end {
                    None => {}
                    Some(Ok(count)) => rule += &format!(";COUNT={count}"),
                    Some(Err(percent)) => {
                        let until = start + length(frequency) * percent / 100;
                        rule += &format!(";UNTIL={}", until.format("%Y%m%dT%H%M%S"));
                    }
                }
                let end = start + length(frequency);
                Case { start, rule, end }
            },
        )
        .boxed()
}

/// The same in every run.
fn cases() -> Vec<Case> {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let mut make = |strategy: &BoxedStrategy<Case>| strategy.new_tree(&mut runner).unwrap().current();
    RULES
        .into_iter()
        .flat_map(|(frequency, count)| {
            let strategy = case(frequency);
            (0..count).map(|_| make(&strategy)).collect::<Vec<_>>()
        })
        .collect()
}

/// What python-dateutil says.
fn theirs(folder: &TempDir, cases: &[Case]) -> Option<Vec<Vec<String>>> {
    let python = python(folder.path(), "python-dateutil==2.9.0.post0")?;
    let asked = cases.iter().map(|case| {
        let last = case.end - Duration::seconds(1);
        json!({"start": text(case.start), "rule": case.rule, "until": text(last)})
    });
    let file = folder.path().join("cases.json");
    fs::write(&file, serde_json::to_vec(&asked.collect::<Vec<_>>()).unwrap()).unwrap();
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(file)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn text(moment: NaiveDateTime) -> String {
    moment.format("%Y%m%dT%H%M%S").to_string()
}

/// What we say of the part of a case that begins at a moment.
fn ours(case: &Case, from: NaiveDateTime) -> Vec<String> {
    let window = Span {
        start: from.and_utc(),
        end: case.end.and_utc(),
    };
    let rule = Rule::parse(&case.rule).unwrap_or_else(|error| panic!("{}: {error}", case.rule));
    let found = rule.occurrences(case.start, Zone::UTC, window, 1_000_000);
    let found = found.unwrap_or_else(|error| panic!("{}: {error}", case.rule));
    found
        .into_iter()
        .map(|occurrence| text(occurrence.local))
        .collect()
}

/// The cases in which the two say something else, each also as of a window that begins within it.
fn disagreements(cases: &[Case], theirs: &[Vec<String>]) -> Vec<String> {
    let differs = |(case, theirs): (&Case, &Vec<String>)| {
        let whole = ours(case, case.start);
        let middle = case.start + (case.end - case.start) * 2 / 3;
        let late = ours(case, middle);
        let theirs_late: Vec<_> = theirs
            .iter()
            .filter(|time| **time >= text(middle))
            .cloned()
            .collect();
        let agree = whole == *theirs && late == theirs_late;
        (!agree).then(|| {
            format!(
                "{} {}\n  ours   {whole:?}\n  theirs {theirs:?}",
                text(case.start),
                case.rule
            )
        })
    };
    cases.iter().zip(theirs).filter_map(differs).collect()
}

#[test]
fn another_program_follows_every_rule_to_the_same_times() {
    let folder = TempDir::new().unwrap();
    let cases = cases();
    let Some(theirs) = theirs(&folder, &cases) else {
        return;
    };

    let found = disagreements(&cases, &theirs);

    assert!(found.is_empty(), "{} rules differ:\n{}", found.len(), found[0]);
    let occurrences: usize = theirs.iter().map(Vec::len).sum();
    let telling = theirs.iter().filter(|times| times.len() > 1).count();
    println!(
        "{} rules compared, {telling} with several of {occurrences} occurrences",
        cases.len()
    );
    assert!(cases.len() >= 500 && telling >= 500, "only {telling} rules recur");
    // The comparison can fail: nearly no rule says what its neighbour says.
    let mut shifted = theirs;
    shifted.rotate_left(1);
    assert!(disagreements(&cases, &shifted).len() > cases.len() * 9 / 10);
}
