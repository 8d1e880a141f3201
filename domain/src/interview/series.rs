//! A series: interviews that recur by a rule of RFC 5545, each a booking of its own that moves and ends by itself.

use std::collections::BTreeSet;

use chrono::Duration;

use crate::{
    recurrence::{Occurrence, RecurrenceError, Rule},
    refusal::Refusal,
    time::{Instant, Span, Zone},
};

/// Most interviews of one series: once a week for a year.
pub const MOST_OCCURRENCES: usize = 52;
/// Most seats of one series, all its interviews together: they are claimed in one append.
pub const MOST_SEATS: usize = 260;
/// How far a rule is followed to see that it ends: far beyond what can be booked, so that nothing is left out in
/// silence.
const FOLLOWED_DAYS: i64 = 366 * 1_000;

/// When the interviews of a series begin: those that the rule names from the first one on by the clock on the wall of a
/// zone, without the exceptions.
///
/// # Errors
/// `RuleRefused`, when the rule cannot be read, costs too much or names more than [`MOST_OCCURRENCES`]; `Invalid`, when
/// it has no end, does not name the first start, or leaves fewer than two, and when an exception is none of its starts.
pub fn starts(
    first: Instant,
    zone: Zone,
    rule: &str,
    except: &[Instant],
) -> Result<Vec<Occurrence>, Refusal> {
    let refused = |reason| Refusal::RuleRefused { reason };
    let rule = Rule::parse(rule).map_err(refused)?;
    if !rule.ends() {
        return Err(Refusal::invalid("rule", "must end: say COUNT or UNTIL"));
    }
    let window = Span {
        start: first,
        end: first + Duration::days(FOLLOWED_DAYS),
    };
    let named = rule.occurrences(zone.local(first), zone, window, MOST_OCCURRENCES);
    let mut named = named.map_err(refused)?;
    if named.first().is_none_or(|occurrence| occurrence.at != first) {
        return Err(Refusal::invalid("start", "must be the first that the rule names"));
    }
    let except: BTreeSet<_> = except.iter().copied().collect();
    if except
        .iter()
        .any(|at| !named.iter().any(|occurrence| occurrence.at == *at))
    {
        return Err(Refusal::invalid("except", "must be starts that the rule names"));
    }
    named.retain(|occurrence| !except.contains(&occurrence.at));
    if named.len() < 2 {
        return Err(Refusal::invalid("rule", "must leave at least two interviews"));
    }
    Ok(named)
}

/// Refuses a series whose interviews have too many seats together.
///
/// # Errors
/// `RuleRefused` with `TooMany`.
pub const fn check_seats(interviews: usize, interviewers: usize) -> Result<(), Refusal> {
    match interviews * interviewers {
        0..=MOST_SEATS => Ok(()),
        _ => Err(Refusal::RuleRefused {
            reason: RecurrenceError::TooMany(MOST_SEATS / interviewers),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::utc;

    const BERLIN: &str = "Europe/Berlin";

    fn told(first: &str, rule: &str, except: &[&str]) -> Result<Vec<String>, Refusal> {
        let except: Vec<_> = except.iter().map(|at| utc(at)).collect();
        let found = starts(utc(first), BERLIN.parse().unwrap(), rule, &except)?;
        Ok(found
            .iter()
            .map(|occurrence| occurrence.at.to_rfc3339())
            .collect())
    }

    fn refusal(rule: &str, except: &[&str]) -> Refusal {
        told("2026-03-23T09:00:00Z", rule, except).unwrap_err()
    }

    #[test]
    fn a_series_stays_at_its_wall_time_when_clocks_change() {
        let starts = told(
            "2026-03-23T09:00:00Z",
            "FREQ=WEEKLY;COUNT=3",
            &["2026-04-06T08:00:00Z"],
        );

        let before_and_after = ["2026-03-23T09:00:00+00:00", "2026-03-30T08:00:00+00:00"];
        assert_eq!(starts.unwrap(), before_and_after);
    }

    #[test]
    fn what_does_not_end_or_names_too_many_is_refused_by_name() {
        assert_eq!(
            refusal("FREQ=WEEKLY", &[]),
            Refusal::invalid("rule", "must end: say COUNT or UNTIL")
        );
        for (rule, code) in [
            ("FREQ=WEEKLY;COUNT=10000", "TOO_MANY_OCCURRENCES"),
            ("FREQ=WEEKLY;COUNT=53", "TOO_MANY_OCCURRENCES"),
            ("FREQ=SECONDLY;UNTIL=99991231T000000Z", "TOO_MANY_OCCURRENCES"),
            ("FREQ=SECONDLY;BYSECOND=5;BYSETPOS=2;COUNT=2", "RULE_TOO_COSTLY"),
            ("FREQ=DAILY;INTERVAL=0;COUNT=3", "RULE_INVALID"),
            ("every monday", "RULE_INVALID"),
            (
                "FREQ=DAILY;COUNT=2;UNTIL=20260401T000000Z",
                "RULE_CONTRADICTS_ITSELF",
            ),
        ] {
            assert_eq!(refusal(rule, &[]).code(), code, "{rule}");
        }
        assert!(told("2026-03-23T09:00:00Z", "FREQ=WEEKLY;COUNT=52", &[]).is_ok());
    }

    #[test]
    fn what_is_not_meant_so_is_refused() {
        let of = |refusal: Refusal| match refusal {
            Refusal::Invalid { field, .. } => field,
            other => panic!("{other}"),
        };
        // The 23rd is a Monday.
        assert_eq!(of(refusal("FREQ=WEEKLY;BYDAY=TU;COUNT=3", &[])), "start");
        assert_eq!(
            of(refusal("FREQ=WEEKLY;COUNT=3", &["2026-03-24T09:00:00Z"])),
            "except"
        );
        assert_eq!(of(refusal("FREQ=WEEKLY;COUNT=1", &[])), "rule");
        assert_eq!(
            of(refusal("FREQ=WEEKLY;COUNT=2", &["2026-03-23T09:00:00Z"])),
            "rule"
        );
    }

    #[test]
    fn many_interviews_of_many_people_are_refused() {
        assert_eq!(check_seats(52, 5), Ok(()));
        assert_eq!(check_seats(52, 6).unwrap_err().code(), "TOO_MANY_OCCURRENCES");
    }
}
