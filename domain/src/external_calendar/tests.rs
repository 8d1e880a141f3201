use chrono::Duration;
use proptest::prelude::*;

use super::{CalendarError, FeedAddress, MAX_FILE_BYTES, busy, window};
use crate::{
    given::utc,
    ids::InterviewId,
    time::{Span, Zone},
};

fn berlin() -> Zone {
    "Europe/Berlin".parse().unwrap()
}

/// The year 2026.
fn year() -> Span {
    Span {
        start: utc("2026-01-01T00:00:00Z"),
        end: utc("2027-01-01T00:00:00Z"),
    }
}

fn calendar(entries: &[&str]) -> String {
    let entries = entries.iter().enumerate().map(|(number, lines)| {
        let uid = if lines.contains("UID:") {
            String::new()
        } else {
            format!("UID:{number}\r\n")
        };
        let lines = lines.replace('\n', "\r\n");
        format!("BEGIN:VEVENT\r\n{uid}{lines}\r\nEND:VEVENT\r\n")
    });
    let entries: String = entries.collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n{entries}END:VCALENDAR\r\n")
}

fn read(entries: &[&str]) -> Vec<(String, String)> {
    let found = busy(&calendar(entries), berlin(), year()).unwrap();
    let text = |moment: crate::time::Instant| moment.format("%m-%dT%H:%M").to_string();
    found
        .iter()
        .map(|span| (text(span.start), text(span.end)))
        .collect()
}

fn refused(entries: &[&str]) -> CalendarError {
    busy(&calendar(entries), berlin(), year()).unwrap_err()
}

fn one(start: &str, end: &str) -> Vec<(String, String)> {
    vec![(start.to_owned(), end.to_owned())]
}

#[test]
fn times_are_read_in_utc_in_a_zone_and_without_one() {
    assert_eq!(
        read(&["DTSTART:20260701T090000Z\nDTEND:20260701T100000Z"]),
        one("07-01T09:00", "07-01T10:00")
    );
    assert_eq!(
        read(&["DTSTART;TZID=America/New_York:20260701T090000\nDURATION:PT1H30M"]),
        one("07-01T13:00", "07-01T14:30")
    );
    assert_eq!(
        read(&["DTSTART:20260701T090000\nDTEND:20260701T100000"]),
        one("07-01T07:00", "07-01T08:00")
    );
    assert_eq!(
        read(&["DTSTART;TZID=\"/mozilla.org/20070129_1/Asia/Kolkata\":20260701T090000\nDURATION:P1D"]),
        one("07-01T03:30", "07-02T03:30")
    );
}

#[test]
fn days_are_busy_from_midnight_to_midnight_at_home() {
    assert_eq!(
        read(&["DTSTART;VALUE=DATE:20260329\nDTEND;VALUE=DATE:20260330"]),
        one("03-28T23:00", "03-29T22:00")
    );
    assert_eq!(
        read(&["DTSTART;VALUE=DATE:20260701"]),
        one("06-30T22:00", "07-01T22:00")
    );
}

#[test]
fn what_is_free_or_cancelled_or_lasts_no_time_blocks_nothing() {
    let hour = "DTSTART:20260701T090000Z\nDTEND:20260701T100000Z";
    assert!(read(&[&format!("{hour}\nTRANSP:TRANSPARENT")]).is_empty());
    assert!(read(&[&format!("{hour}\nSTATUS:CANCELLED")]).is_empty());
    assert!(read(&["DTSTART:20260701T090000Z"]).is_empty());
    assert!(read(&["DTSTART:20260701T090000Z\nDTEND:20260701T080000Z"]).is_empty());
    assert_eq!(
        read(&[&format!("{hour}\nTRANSP:OPAQUE\nSTATUS:TENTATIVE")]).len(),
        1
    );
}

#[test]
fn our_own_interviews_that_come_back_block_nothing() {
    let interview: InterviewId = crate::given::id(7);
    let own = format!("UID:{interview}@greenroom.example\nDTSTART:20260701T090000Z\nDURATION:PT1H");
    let other = "UID:int_7@elsewhere\nDTSTART:20260701T120000Z\nDURATION:PT1H";
    assert_eq!(read(&[&own, other]), one("07-01T12:00", "07-01T13:00"));
}

#[test]
fn a_series_keeps_its_wall_time_without_what_was_taken_out_or_moved() {
    let series = "UID:a\nDTSTART;TZID=Europe/Berlin:20260322T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Berlin:20260405T090000";
    let moved = "UID:a\nRECURRENCE-ID;TZID=Europe/Berlin:20260412T090000\nDTSTART;TZID=Europe/Berlin:20260413T150000\nDURATION:PT2H";
    let spans = read(&[series, moved]);
    let starts: Vec<_> = spans.iter().map(|(start, _)| start.as_str()).collect();
    assert_eq!(starts, ["03-22T08:00", "03-29T07:00", "04-13T13:00"]);
}

#[test]
fn a_moved_occurrence_that_is_cancelled_is_gone() {
    let series = "UID:a\nDTSTART:20260322T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2";
    let gone =
        "UID:a\nRECURRENCE-ID:20260323T090000Z\nDTSTART:20260323T090000Z\nDURATION:PT1H\nSTATUS:CANCELLED";
    assert_eq!(read(&[gone, series]), one("03-22T09:00", "03-22T10:00"));
}

#[test]
fn what_lasts_into_the_window_counts_and_what_overlaps_is_one() {
    assert_eq!(
        read(&[
            "DTSTART:20251230T090000Z\nDURATION:P3D",
            "DTSTART:20260102T080000Z\nDURATION:PT2H",
            "DTSTART:20260102T100000Z\nDURATION:PT1H",
            "DTSTART:20251231T090000Z\nDURATION:PT1H",
            "DTSTART:20270101T000000Z\nDURATION:PT1H",
        ]),
        one("12-30T09:00", "01-02T11:00")
    );
}

#[test]
fn lines_are_unfolded_and_alarms_and_other_components_are_passed_over() {
    let entry = "SUMMARY:Secret \n  BEGIN:VEVENT\nthis is no line\nDTSTART;X-A=\"a:b;c\":2026070\n 1T090000Z\nDURATION:PT1H\nBEGIN:VALARM\nDURATION:PT9H\nTRIGGER:-PT5M\nEND:VALARM";
    let text = calendar(&[entry]).replace(
        "BEGIN:VEVENT\r\nUID",
        "BEGIN:VTODO\r\nDTSTART:20260101T000000Z\r\nEND:VTODO\r\nBEGIN:VEVENT\r\nUID",
    );
    let found = busy(&text, berlin(), year()).unwrap();
    let hour = Span::minutes(utc("2026-07-01T09:00:00Z"), 60);
    assert_eq!(found, [hour]);
}

#[test]
fn a_zone_of_the_files_own_is_the_one_it_names_or_refused() {
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Eigene Zeit\r\nX-LIC-LOCATION:Europe/Berlin\r\nEND:VTIMEZONE\r\n";
    let entry = "DTSTART;TZID=Eigene Zeit:20260701T090000\nDURATION:PT1H";
    let text = calendar(&[entry]).replace("BEGIN:VEVENT", &format!("{zone}BEGIN:VEVENT"));
    let found = busy(&text, Zone::UTC, year()).unwrap();
    assert_eq!(found[0].start, utc("2026-07-01T07:00:00Z"));
    assert_eq!(refused(&[entry]), CalendarError::UnknownZone);
}

/// A file as Outlook writes it, with an entry from nine to ten in a zone that only the file describes.
fn described(name: &str, observances: &[&str]) -> Result<Vec<Span>, CalendarError> {
    let observances = observances.concat().replace('\n', "\r\n");
    let zone = format!("BEGIN:VTIMEZONE\r\nTZID:{name}\r\n{observances}END:VTIMEZONE\r\n");
    let series = format!(
        "DTSTART;TZID={name}:20260306T090000\nDTEND;TZID={name}:20260306T100000\nRRULE:FREQ=WEEKLY;COUNT=2"
    );
    let text = calendar(&[&series]).replace("BEGIN:VEVENT", &format!("{zone}BEGIN:VEVENT"));
    busy(&text, Zone::UTC, year())
}

fn observance(part: &str, since: &str, from: &str, to: &str, rule: &str) -> String {
    format!("BEGIN:{part}\nDTSTART:{since}\nTZOFFSETFROM:{from}\nTZOFFSETTO:{to}\n{rule}END:{part}\n")
}

/// The week in which New York and Los Angeles put the clocks on lies between the two occurrences.
#[test]
fn a_zone_that_only_the_file_describes_is_followed_through_its_changes() {
    let autumn = "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\n";
    let spring = "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\n";
    let standard = observance("STANDARD", "16010101T020000", "-0700", "-0800", autumn);
    let daylight = observance("DAYLIGHT", "16010101T020000", "-0800", "-0700", spring);
    let found = described("Pacific Standard Time", &[&standard, &daylight]).unwrap();
    let starts: Vec<_> = found.iter().map(|span| span.start).collect();
    assert_eq!(starts, [utc("2026-03-06T17:00:00Z"), utc("2026-03-13T16:00:00Z")]);

    let always = observance("STANDARD", "16010101T000000", "+0530", "+0530", "");
    let found = described("India Standard Time", &[&always]).unwrap();
    assert_eq!(found[0].start, utc("2026-03-06T03:30:00Z"));
}

#[test]
fn a_described_zone_that_no_clock_follows_is_refused() {
    let nowhere = observance("STANDARD", "16010101T000000", "+0517", "+0517", "");
    assert_eq!(
        described("Here", &[&nowhere]).unwrap_err(),
        CalendarError::UnknownZone
    );
    // The hour of Los Angeles, changed in the wrong week.
    let autumn = "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\n";
    let spring = "RRULE:FREQ=YEARLY;BYDAY=4SU;BYMONTH=3\n";
    let standard = observance("STANDARD", "16010101T020000", "-0700", "-0800", autumn);
    let daylight = observance("DAYLIGHT", "16010101T020000", "-0800", "-0700", spring);
    let wrong = described("Pacific Standard Time", &[&standard, &daylight]);
    assert_eq!(wrong.unwrap_err(), CalendarError::UnknownZone);
    for broken in [
        "BEGIN:STANDARD\nEND:STANDARD\n",
        "",
        "BEGIN:STANDARD\nTZOFFSETTO:5\nEND:STANDARD\n",
    ] {
        assert_eq!(
            described("Here", &[broken]).unwrap_err(),
            CalendarError::UnknownZone
        );
    }
}

#[test]
fn what_cannot_be_understood_is_refused_with_a_code() {
    let code = |entry: &str| refused(&[entry]).code();
    assert_eq!(code("SUMMARY:x"), "CALENDAR_ENTRY_INVALID");
    assert_eq!(code("DTSTART:tomorrow"), "CALENDAR_ENTRY_INVALID");
    assert_eq!(
        code("DTSTART:20260701T090000Z\nDURATION:PT"),
        "CALENDAR_ENTRY_INVALID"
    );
    assert_eq!(
        code("DTSTART:20260701T090000Z\nDURATION:-PT5M"),
        "CALENDAR_ENTRY_INVALID"
    );
    assert_eq!(
        code("DTSTART:20260701T090000Z\nDTEND;VALUE=DATE:20260702"),
        "CALENDAR_ENTRY_INVALID"
    );
    assert_eq!(
        code("DTSTART:20260701T090000Z\nRRULE:FREQ=NEVER"),
        "CALENDAR_RULE_INVALID"
    );
    assert_eq!(
        code("DTSTART:20260701T090000Z\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260701T090000Z"),
        "CALENDAR_ENTRY_INVALID"
    );
    assert_eq!(
        busy("<html>not found</html>", berlin(), year())
            .unwrap_err()
            .code(),
        "CALENDAR_UNREADABLE"
    );
    assert_eq!(
        busy("", berlin(), year()).unwrap_err().code(),
        "CALENDAR_UNREADABLE"
    );
}

#[test]
fn too_much_of_anything_is_refused() {
    let code = |entries: &[&str]| refused(entries).code();
    let million = "DTSTART:20260101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY;INTERVAL=2;COUNT=1000000";
    assert_eq!(code(&[million]), "CALENDAR_TOO_MANY_TIMES");
    let hourly = "DTSTART:20260101T000000Z\nDURATION:PT1M\nRRULE:FREQ=HOURLY";
    assert_eq!(code(&[hourly]), "CALENDAR_TOO_MANY_TIMES");
    // Each rule alone would be followed to its end, which is nothing; all of them together are too much.
    let costly = vec!["DTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY;INTERVAL=60;BYSECOND=1"; 40];
    assert_eq!(code(&costly), "CALENDAR_TOO_MANY_TIMES");
    let long = "x".repeat(MAX_FILE_BYTES + 1);
    assert_eq!(busy(&long, berlin(), year()), Err(CalendarError::TooLarge));
    let deep = format!("BEGIN:VCALENDAR\r\n{}", "BEGIN:X\r\n".repeat(200_000));
    assert_eq!(busy(&deep, berlin(), year()), Ok(Vec::new()));
}

#[test]
fn the_window_stays_for_a_week() {
    let monday = utc("2026-05-04T00:00:00Z");
    assert_eq!(window(monday).start, monday);
    assert_eq!(
        window(monday + Duration::days(7) - Duration::seconds(1)),
        window(monday)
    );
    assert_eq!(
        window(monday - Duration::seconds(1)).start,
        monday - Duration::days(7)
    );
}

#[test]
fn an_address_shows_no_more_than_the_end_of_its_host() {
    let host = |text: &str| FeedAddress::parse(text).map(|address| address.masked_host());
    let secret = "https://calendar.google.com/calendar/ical/eve%40example.org/private-abc/basic.ics";
    assert_eq!(host(secret).as_deref(), Ok("***.google.com"));
    assert_eq!(host("webcal://example.org/x.ics").as_deref(), Ok("***.org"));
    assert_eq!(host("http://203.0.113.7/x").as_deref(), Ok("***"));
    assert_eq!(
        format!("{:?}", FeedAddress::parse(secret).unwrap()),
        "FeedAddress(***.google.com)"
    );
    for text in [
        "ftp://example.org/x",
        "file:///etc/passwd",
        "https://eve:secret@example.org/x",
        "https://eve@example.org/",
        "x",
        "http://",
    ] {
        assert_eq!(host(text), Err(CalendarError::BadAddress), "{text}");
    }
}

proptest! {
    #[test]
    fn whatever_is_in_a_file_it_is_read_or_refused(
        lines in proptest::collection::vec("(DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|BEGIN|END|UID|RECURRENCE-ID)(;TZID=[A-Z/]{0,5})?:[A-Z0-9:;,=/+-]{0,20}", 0..12),
        junk in "\\PC{0,40}",
    ) {
        let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{}\n{junk}\nEND:VEVENT\nEND:VCALENDAR", lines.join("\n"));
        if let Ok(found) = busy(&text, berlin(), year()) {
            prop_assert!(found.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }
}
