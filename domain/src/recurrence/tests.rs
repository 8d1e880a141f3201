use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime};
use proptest::prelude::*;

use super::{
    MAX_RULE_BYTES, Occurrence, RecurrenceError, Rule, Series, Work,
    rule::{date, local_time},
};
use crate::time::{Instant, Span, Zone};

fn local(text: &str) -> NaiveDateTime {
    local_time(text).unwrap()
}

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

fn utc(text: &str) -> Instant {
    local(text.strip_suffix('Z').unwrap()).and_utc()
}

fn rule(text: &str) -> Rule {
    Rule::parse(text).unwrap()
}

fn years(start: &str, years: i64) -> Span {
    let start = local(start).and_utc();
    Span {
        start,
        end: start + Duration::days(366 * years),
    }
}

/// The local times that a rule names in its first years.
fn times(start: &str, text: &str, over: i64) -> Vec<String> {
    let found = rule(text).occurrences(local(start), Zone::UTC, years(start, over), 1_000);
    let found = found.unwrap().into_iter();
    found
        .map(|it| it.local.format("%Y%m%dT%H%M").to_string())
        .collect()
}

fn dates(start: &str, text: &str, over: i64) -> Vec<String> {
    let times = times(start, text, over).into_iter();
    times.map(|time| time[..8].to_owned()).collect()
}

fn refused(text: &str) -> RecurrenceError {
    Rule::parse(text).unwrap_err()
}

#[test]
fn a_weekly_series_keeps_its_wall_time_when_clocks_change() {
    let berlin = zone("Europe/Berlin");
    let found = rule("FREQ=WEEKLY;COUNT=3").occurrences(
        local("20260322T090000"),
        berlin,
        years("20260101T000000", 1),
        10,
    );

    let moments: Vec<_> = found.unwrap().into_iter().map(|it| it.at).collect();
    let expected = ["20260322T080000Z", "20260329T070000Z", "20260405T070000Z"].map(utc);
    assert_eq!(moments, expected);
}

#[test]
fn a_time_in_a_gap_is_read_with_the_offset_before_and_one_that_happens_twice_is_the_first() {
    let new_york = zone("America/New_York");
    let follow = |start, window: &str| {
        let window = years(window, 1);
        rule("FREQ=DAILY;COUNT=2")
            .occurrences(local(start), new_york, window, 10)
            .unwrap()
    };

    let gap = follow("20070310T023000", "20070101T000000");
    let fold = follow("20071103T013000", "20070101T000000");

    let second = Occurrence {
        at: utc("20070311T073000Z"),
        local: local("20070311T023000"),
    };
    assert_eq!(gap[1], second);
    assert_eq!(fold[1].at, utc("20071104T053000Z"));
}

#[test]
fn two_times_that_a_gap_makes_one_moment_are_one_occurrence() {
    let found = rule("FREQ=HOURLY;COUNT=4").occurrences(
        local("20260329T010000"),
        zone("Europe/Berlin"),
        years("20260101T000000", 1),
        10,
    );

    let moments: Vec<_> = found.unwrap().into_iter().map(|it| it.at).collect();
    assert_eq!(
        moments,
        ["20260329T000000Z", "20260329T010000Z", "20260329T020000Z"].map(utc)
    );
}

#[test]
fn an_end_in_utc_is_compared_as_a_moment_and_a_local_one_by_the_clock() {
    let until = |text: &str| {
        let rule = rule(&format!("FREQ=DAILY;UNTIL={text}"));
        let window = years("20260101T000000", 1);
        rule.occurrences(local("20260601T090000"), zone("Asia/Kolkata"), window, 100)
            .unwrap()
            .len()
    };
    assert_eq!(until("20260603T033000Z"), 3);
    assert_eq!(until("20260603T032959Z"), 2);
    assert_eq!(until("20260603T090000"), 3);
    assert_eq!(until("20260603T085959"), 2);
    assert_eq!(until("20260603"), 3);
}

#[test]
fn weekdays_with_and_without_numbers_add_up() {
    assert_eq!(
        dates("20260301T090000", "FREQ=MONTHLY;BYDAY=WE,1MO;UNTIL=20260331", 1),
        ["20260302", "20260304", "20260311", "20260318", "20260325"]
    );
}

#[test]
fn a_week_without_days_means_the_weekday_of_the_start() {
    assert_eq!(
        dates("20260512T090000", "FREQ=YEARLY;BYWEEKNO=20;COUNT=2", 3),
        ["20260512", "20270518"]
    );
}

#[test]
fn positions_are_counted_in_the_whole_first_week() {
    assert_eq!(
        dates(
            "20260304T090000",
            "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1;COUNT=2",
            1
        ),
        ["20260309", "20260316"]
    );
}

#[test]
fn examples_of_the_standard_come_out_as_it_says() {
    let examples = [
        (
            "19961105T090000",
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3",
            vec!["19961105", "20001107", "20041102"],
        ),
        (
            "19970905T090000",
            "FREQ=MONTHLY;COUNT=3;BYDAY=1FR",
            vec!["19970905", "19971003", "19971107"],
        ),
        (
            "19970805T090000",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            vec!["19970805", "19970810", "19970819", "19970824"],
        ),
        (
            "19970805T090000",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            vec!["19970805", "19970817", "19970819", "19970831"],
        ),
        (
            "19970929T090000",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=3",
            vec!["19970929", "19971030", "19971127"],
        ),
        (
            "20070115T090000",
            "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
            vec!["20070115", "20070130", "20070215", "20070315", "20070330"],
        ),
    ];
    for (start, text, expected) in examples {
        assert_eq!(dates(start, text, 12), expected, "{text}");
    }
}

#[test]
fn a_start_that_its_rule_does_not_name_is_an_occurrence_of_its_series() {
    let series = Series {
        start: local("20260302T090000"),
        zone: Zone::UTC,
        rules: vec![rule("FREQ=WEEKLY;BYDAY=TU;COUNT=2")],
        added: [utc("20260401T100000Z"), utc("20260303T090000Z")].into(),
        removed: [utc("20260310T090000Z")].into(),
    };

    let found = series.occurrences(years("20260101T000000", 1), 10, &mut Work::default());

    let moments: Vec<_> = found.unwrap().into_iter().map(|it| it.at).collect();
    assert_eq!(
        moments,
        ["20260302T090000Z", "20260303T090000Z", "20260401T100000Z"].map(utc)
    );
}

#[test]
fn what_is_no_rule_is_refused_by_name() {
    assert_eq!(refused(""), RecurrenceError::UnknownPart);
    assert_eq!(refused("COUNT=1"), RecurrenceError::NoFrequency);
    assert_eq!(refused("FREQ=DAILY;BYEASTER=1"), RecurrenceError::UnknownPart);
    assert_eq!(refused("FREQ=DAILY;RSCALE=HEBREW"), RecurrenceError::UnknownPart);
    assert_eq!(
        refused("FREQ=DAILY;FREQ=DAILY"),
        RecurrenceError::Repeated("FREQ")
    );
    for (text, part) in [
        ("FREQ=FORTNIGHTLY", "FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=99999999999", "INTERVAL"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;COUNT=1 ;INTERVAL=1", "COUNT"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20260230", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20260203T250000", "UNTIL"),
        ("FREQ=DAILY;UNTIL=2026é203", "UNTIL"),
        ("FREQ=DAILY;BYDAY=QQMO", "BYDAY"),
        ("FREQ=DAILY;BYDAY=éMO", "BYDAY"),
        ("FREQ=DAILY;BYDAY=é", "BYDAY"),
        ("FREQ=DAILY;BYDAY=", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=54MO", "BYDAY"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR"),
        ("FREQ=DAILY;BYHOUR=-1", "BYHOUR"),
        ("FREQ=DAILY;BYMINUTE=60", "BYMINUTE"),
        ("FREQ=DAILY;BYSECOND=61", "BYSECOND"),
        ("FREQ=DAILY;BYMONTH=13", "BYMONTH"),
        ("FREQ=DAILY;BYMONTHDAY=0", "BYMONTHDAY"),
        ("FREQ=DAILY;BYMONTHDAY=-32", "BYMONTHDAY"),
        ("FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY"),
        ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO"),
        ("FREQ=DAILY;BYSETPOS=0", "BYSETPOS"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=DAILY;WKST=XX", "WKST"),
    ] {
        assert_eq!(refused(text), RecurrenceError::BadValue(part), "{text}");
    }
}

#[test]
fn parts_that_exclude_each_other_are_refused() {
    for text in [
        "FREQ=DAILY;COUNT=1;UNTIL=20260101",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=YEARLY;BYDAY=1MO;BYWEEKNO=1",
        "FREQ=MONTHLY;BYWEEKNO=1",
        "FREQ=DAILY;BYYEARDAY=1",
        "FREQ=WEEKLY;BYMONTHDAY=1",
    ] {
        assert!(
            matches!(refused(text), RecurrenceError::Contradiction(..)),
            "{text}"
        );
    }
}

#[test]
fn a_rule_of_ten_kilobytes_is_refused_unread() {
    let days = vec!["MO"; 3_500].join(",");
    assert_eq!(
        refused(&format!("FREQ=DAILY;BYDAY={days}")),
        RecurrenceError::TooLong
    );
    let all: Vec<_> = (1..=366).map(|day| day.to_string()).collect();
    let longest = format!("FREQ=YEARLY;BYYEARDAY={}", all.join(","));
    assert!(longest.len() < MAX_RULE_BYTES && Rule::parse(&longest).is_ok());
}

/// Every value that a part of the time can have.
fn every_second() -> String {
    let list = |values: std::ops::Range<u32>| {
        let values: Vec<_> = values.map(|value| value.to_string()).collect();
        values.join(",")
    };
    let (hours, sixty) = (list(0..24), list(0..60));
    format!("BYHOUR={hours};BYMINUTE={sixty};BYSECOND={sixty}")
}

#[test]
fn rules_made_to_do_harm_end_in_a_refusal_or_in_nothing() {
    let over = |text: &str| {
        let window = years("20260101T000000", 2);
        let mut work = Work::default();
        let found =
            rule(text).occurrences_within(local("20260101T090000"), Zone::UTC, window, 10_000, &mut work);
        found.map(|found| found.len())
    };
    let days = "BYDAY=MO,TU,WE,TH,FR,SA,SU";
    let all = every_second();
    assert_eq!(over("FREQ=SECONDLY"), Err(RecurrenceError::TooMany(10_000)));
    assert_eq!(
        over("FREQ=SECONDLY;COUNT=1000000000"),
        Err(RecurrenceError::TooMany(10_000))
    );
    assert_eq!(over("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"), Ok(0));
    assert_eq!(over("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=5"), Ok(0));
    assert_eq!(
        over("FREQ=SECONDLY;INTERVAL=2;BYSECOND=1"),
        Err(RecurrenceError::TooMuchWork)
    );
    assert_eq!(
        over(&format!("FREQ=YEARLY;{days};{all}")),
        Err(RecurrenceError::TooMany(10_000))
    );
    assert_eq!(
        over(&format!("FREQ=YEARLY;{days};{all};BYSETPOS=-1")),
        Err(RecurrenceError::TooMuchWork)
    );
    assert_eq!(over("FREQ=YEARLY;INTERVAL=4294967295"), Ok(1));
    assert_eq!(over("FREQ=SECONDLY;INTERVAL=4294967295"), Ok(1));
}

#[test]
fn a_series_that_began_long_ago_costs_no_more_than_one_that_begins_now() {
    let cost = |start: &str| {
        let mut work = Work::default();
        let window = years("20260101T000000", 1);
        let found = rule("FREQ=MINUTELY;INTERVAL=90").occurrences_within(
            local(start),
            Zone::UTC,
            window,
            10_000,
            &mut work,
        );
        assert_eq!(found.unwrap().len(), 5_856);
        Work::default().0 - work.0
    };
    assert!(cost("19260101T000000") < cost("20260101T000000") + 100);
}

#[test]
fn steps_are_shared_by_the_rules_that_are_given_them() {
    let mut work = Work::steps(2_000);
    let mut follow = || {
        let window = years("20260101T000000", 1);
        rule("FREQ=DAILY").occurrences_within(local("20260101T090000"), Zone::UTC, window, 999, &mut work)
    };
    assert!(follow().is_ok());
    assert_eq!(follow(), Err(RecurrenceError::TooMuchWork));
}

#[test]
fn the_first_and_the_last_weeks_of_a_year_are_those_of_iso_8601() {
    for week in ["1", "52", "53", "-1", "-52", "-53"] {
        let text = format!("FREQ=YEARLY;BYWEEKNO={week};BYDAY=MO,TU,WE,TH,FR,SA,SU");
        let found = dates("20000101T000000", &text, 30);
        let number: i64 = week.parse().unwrap();
        let is_in = |date: &NaiveDate| {
            let iso = date.iso_week();
            let last = NaiveDate::from_ymd_opt(iso.year(), 12, 28)
                .unwrap()
                .iso_week()
                .week();
            let (week, last) = (i64::from(iso.week()), i64::from(last));
            number == week || number == week - last - 1
        };
        let days = date("20000101").unwrap().iter_days().take(366 * 30);
        let expected: Vec<_> = days
            .filter(is_in)
            .map(|date| date.format("%Y%m%d").to_string())
            .collect();
        assert_eq!(found, expected, "week {week}");
    }
}

proptest! {
    #[test]
    fn a_window_shows_the_part_of_the_whole_that_lies_in_it(
        frequency in proptest::sample::select(vec!["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]),
        interval in 1_u32..9,
        extra in proptest::sample::select(vec!["", ";BYDAY=MO,SU", ";BYMONTH=3,10;BYHOUR=2,3", ";COUNT=40", ";UNTIL=20270331T010000Z"]),
        name in proptest::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
        (from, length) in (0_i64..700, 1_i64..90),
    ) {
        let rule = rule(&format!("FREQ={frequency};INTERVAL={interval}{extra}"));
        let start = local("20260101T023000");
        let whole = rule.occurrences(start, zone(name), years("20251201T000000", 3), 100_000).unwrap();
        let begins = utc("20260101T000000Z") + Duration::hours(from * 24 + from % 24);
        let window = Span { start: begins, end: begins + Duration::days(length) };

        let part = rule.occurrences(start, zone(name), window, 100_000).unwrap();

        let expected: Vec<_> = whole.iter().filter(|it| window.start <= it.at && it.at < window.end).copied().collect();
        prop_assert_eq!(part, expected);
        prop_assert!(whole.windows(2).all(|pair| pair[0].at < pair[1].at));
    }

    #[test]
    fn whatever_is_written_is_a_rule_or_a_refusal(text in "\\PC{0,60}", parts in proptest::collection::vec("(FREQ|UNTIL|COUNT|BYDAY|BYSETPOS|WKST)=[A-Z0-9,+-]{0,8}", 0..5)) {
        let _ = Rule::parse(&text);
        if let Ok(rule) = Rule::parse(&parts.join(";")) {
            let window = years("20260101T000000", 1);
            let mut work = Work::steps(50_000);
            let found = rule.occurrences_within(local("20260101T090000"), Zone::UTC, window, 500, &mut work);
            prop_assert!(found.unwrap_or_default().iter().all(|it| window.start <= it.at && it.at < window.end));
        }
    }
}
