//! Times as people read them: in their own zone, with its abbreviation and its offset from UTC.

use domain::time::{Instant, Span, Zone};

/// A stretch of time, such as `Tuesday, 3 March 2026, 11:00 to 12:00 CET (UTC+01:00)`.
pub fn span(span: Span, zone: Zone) -> String {
    let (start, end) = (zone.local(span.start), zone.local(span.end));
    let until = if start.date() == end.date() {
        end.format("%H:%M").to_string()
    } else {
        end.format("%A, %-d %B %Y, %H:%M").to_string()
    };
    let (first, last) = (name(span.start, zone), name(span.end, zone));
    let from = start.format("%A, %-d %B %Y, %H:%M");
    if first == last {
        format!("{from} to {until} {first}")
    } else {
        // The clocks change in between.
        format!("{from} {first} to {until} {last}")
    }
}

/// A moment, such as `Tuesday, 3 March 2026, 11:00 CET (UTC+01:00)`.
pub fn moment(moment: Instant, zone: Zone) -> String {
    let local = zone.local(moment).format("%A, %-d %B %Y, %H:%M");
    format!("{local} {}", name(moment, zone))
}

/// A day, such as `Tuesday, 3 March 2026`.
pub fn day(moment: Instant, zone: Zone) -> String {
    zone.local(moment).format("%A, %-d %B %Y").to_string()
}

/// The zone as it is at a moment, such as `CET (UTC+01:00)`; without an abbreviation where people use none.
fn name(moment: Instant, zone: Zone) -> String {
    let seconds = zone.offset_seconds(moment);
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    let offset = format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    match zone.abbreviation(moment) {
        Some(abbreviation) => format!("{abbreviation} ({offset})"),
        None => offset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(start: &str, minutes: u32, zone: &str) -> String {
        span(
            Span::minutes(start.parse().unwrap(), minutes),
            zone.parse().unwrap(),
        )
    }

    #[test]
    fn a_time_is_told_with_abbreviation_and_offset() {
        assert_eq!(
            told("2026-03-03T10:00:00Z", 60, "Europe/Berlin"),
            "Tuesday, 3 March 2026, 11:00 to 12:00 CET (UTC+01:00)"
        );
        assert_eq!(
            told("2026-03-03T10:00:00Z", 30, "Asia/Kolkata"),
            "Tuesday, 3 March 2026, 15:30 to 16:00 IST (UTC+05:30)"
        );
    }

    #[test]
    fn a_zone_without_an_abbreviation_is_told_by_its_offset() {
        assert_eq!(
            told("2026-03-03T10:00:00Z", 60, "America/Sao_Paulo"),
            "Tuesday, 3 March 2026, 07:00 to 08:00 UTC-03:00"
        );
    }

    #[test]
    fn an_interview_over_midnight_names_both_days() {
        assert_eq!(
            told("2026-03-03T22:30:00Z", 60, "Europe/Berlin"),
            "Tuesday, 3 March 2026, 23:30 to Wednesday, 4 March 2026, 00:30 CET (UTC+01:00)"
        );
    }

    #[test]
    fn clocks_that_change_in_between_are_told_on_both_sides() {
        assert_eq!(
            told("2026-03-29T00:30:00Z", 60, "Europe/Berlin"),
            "Sunday, 29 March 2026, 01:30 CET (UTC+01:00) to 03:30 CEST (UTC+02:00)"
        );
    }
}
