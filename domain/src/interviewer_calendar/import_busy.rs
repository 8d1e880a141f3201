//! Takes over when the interviewer is busy elsewhere.

use std::collections::BTreeSet;

use super::{
    InterviewerCalendar,
    events::{ExternalBusyImported, InterviewerCalendarEvent},
};
use crate::{
    aggregate::{Aggregate, Context, Decision, nothing},
    external_calendar::{CalendarError, MOST_TIMES},
    ids::{AccountId, ExternalCalendarId},
    refusal::Refusal,
    time::{Instant, Span},
};

/// What a calendar says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportBusy {
    /// Whose.
    pub account: AccountId,
    /// The calendar.
    pub calendar: ExternalCalendarId,
    /// For which stretch of time it was read.
    pub window: Span,
    /// When the interviewer is busy, in order and apart from each other; all of it, not what changed.
    pub busy: Vec<Span>,
}

/// Interviews that are booked already stay, and what they clash with is told (rule C4).
///
/// # Errors
/// `UnusableCalendar`, when there are more times than are kept.
pub fn decide(
    state: &InterviewerCalendar,
    command: &ImportBusy,
    context: &Context,
) -> Decision<InterviewerCalendarEvent> {
    if command.busy.len() > MOST_TIMES {
        return Err(Refusal::UnusableCalendar(CalendarError::TooManyTimes));
    }
    let known = set(state.busy_of(command.calendar, command.window.start));
    let now = set(&command.busy);
    let difference = |one: &Times, other: &Times| {
        let spans = one.difference(other);
        spans
            .map(|(start, end)| Span {
                start: *start,
                end: *end,
            })
            .collect::<Vec<_>>()
    };
    let (added, removed) = (difference(&now, &known), difference(&known, &now));
    if added.is_empty() && removed.is_empty() {
        return nothing();
    }
    let imported: InterviewerCalendarEvent = ExternalBusyImported {
        account: command.account,
        calendar: command.calendar,
        from: command.window.start,
        until: command.window.end,
        added,
        removed,
    }
    .into();
    let after = state.clone().evolve(&imported);
    let clashes = after.clashes_after(command.account, context.now);
    Ok([vec![imported], clashes].concat())
}

type Times = BTreeSet<(Instant, Instant)>;

fn set(spans: &[Span]) -> Times {
    spans.iter().map(|span| (span.start, span.end)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        external_calendar::window,
        given::{decide, fold, id, utc},
        interviewer_calendar::{
            given::{confirmed, hold, now, release, then},
            remove_busy::RemoveBusy,
        },
    };

    fn import(calendar: u128, hours: &[(&str, i64)]) -> ImportBusy {
        let span = |(start, minutes): &(&str, i64)| Span {
            start: utc(start),
            end: utc(start) + chrono::Duration::minutes(*minutes),
        };
        ImportBusy {
            account: id(1),
            calendar: id(calendar),
            window: window(now()),
            busy: hours.iter().map(span).collect(),
        }
    }

    fn names(events: &[InterviewerCalendarEvent]) -> Vec<&'static str> {
        let name = |event: &InterviewerCalendarEvent| match event {
            InterviewerCalendarEvent::ExternalBusyImported(_) => "imported",
            InterviewerCalendarEvent::ExternalBusyRemoved(_) => "removed",
            InterviewerCalendarEvent::ClaimClashed(_) => "clashed",
            InterviewerCalendarEvent::ClashEnded(_) => "ended",
            InterviewerCalendarEvent::HoldPlaced(_)
            | InterviewerCalendarEvent::HoldConfirmed(_)
            | InterviewerCalendarEvent::HoldExpired(_)
            | InterviewerCalendarEvent::HoldExtended(_)
            | InterviewerCalendarEvent::ClaimReleased(_)
            | InterviewerCalendarEvent::ClaimShortened(_) => "other",
        };
        events.iter().map(name).collect()
    }

    #[test]
    fn the_same_calendar_twice_is_nothing_new_and_a_change_is_its_difference() {
        let first = import(5, &[("2026-05-05T10:00:00Z", 60), ("2026-05-06T10:00:00Z", 60)]);
        let history = then(Vec::new(), first.clone(), now());
        assert_eq!(decide::<InterviewerCalendar>(&history, first, now()), nothing());

        let second = import(5, &[("2026-05-06T10:00:00Z", 60), ("2026-05-07T10:00:00Z", 60)]);
        let events = decide::<InterviewerCalendar>(&history, second, now()).unwrap();

        let [InterviewerCalendarEvent::ExternalBusyImported(event)] = events.as_slice() else {
            panic!("{events:?}");
        };
        assert_eq!(event.added, [Span::minutes(utc("2026-05-07T10:00:00Z"), 60)]);
        assert_eq!(event.removed, [Span::minutes(utc("2026-05-05T10:00:00Z"), 60)]);
    }

    #[test]
    fn what_is_busy_elsewhere_cannot_be_held_with_its_own_buffers_around_it() {
        let busy = import(5, &[("2026-05-05T09:00:00Z", 45)]);
        let history = then(Vec::new(), busy, now());
        let at = |start| decide::<InterviewerCalendar>(&history, hold(8, start), now());
        // An hour with a quarter of an hour on both sides.
        assert_eq!(at("2026-05-05T09:59:00Z"), Err(Refusal::SlotTaken));
        assert_eq!(at("2026-05-05T07:46:00Z"), Err(Refusal::SlotTaken));
        assert!(at("2026-05-05T10:00:00Z").is_ok());
        assert!(at("2026-05-05T07:45:00Z").is_ok());
    }

    #[test]
    fn a_claim_stays_and_its_clash_is_told_once_until_it_is_over() {
        let busy = import(5, &[("2026-05-05T10:30:00Z", 10)]);
        let clashed = then(confirmed(), busy, now());
        assert_eq!(names(&clashed[2..]), ["imported", "clashed"]);
        assert!(fold::<InterviewerCalendar>(&clashed).claim(id(7)).is_some());

        let more = import(6, &[("2026-05-05T10:40:00Z", 10)]);
        let more = then(clashed, more, now());
        assert_eq!(names(&more[4..]), ["imported"]);
        let unlink = |calendar: u128| RemoveBusy {
            account: id(1),
            calendar: id(calendar),
        };
        let one_left = then(more, unlink(5), now());
        assert_eq!(names(&one_left[5..]), ["removed"]);
        let none_left = then(one_left, unlink(6), now());
        assert_eq!(names(&none_left[6..]), ["removed", "ended"]);
    }

    #[test]
    fn what_only_touches_the_time_around_an_interview_is_no_clash() {
        let busy = import(5, &[("2026-05-05T09:50:00Z", 10), ("2026-05-05T11:00:00Z", 10)]);
        assert_eq!(names(&then(confirmed(), busy, now())[2..]), ["imported"]);
    }

    #[test]
    fn a_claim_that_is_given_back_clashes_with_nothing() {
        let busy = import(5, &[("2026-05-05T10:30:00Z", 10)]);
        let released = then(then(confirmed(), busy, now()), release(), now());
        let gone = decide::<InterviewerCalendar>(&released, import(5, &[]), now()).unwrap();
        assert_eq!(names(&gone), ["imported"]);
    }

    #[test]
    fn what_is_over_is_forgotten_by_the_next_difference() {
        let history = then(Vec::new(), import(5, &[("2026-05-05T10:00:00Z", 60)]), now());
        let later = utc("2026-05-12T10:00:00Z");
        let next = ImportBusy {
            window: window(later),
            ..import(5, &[])
        };
        assert_eq!(decide::<InterviewerCalendar>(&history, next, later), nothing());
        let next = ImportBusy {
            window: window(later),
            ..import(5, &[("2026-05-13T10:00:00Z", 60)])
        };
        let state = fold::<InterviewerCalendar>(&then(history, next, later));
        let all = Span {
            start: utc("2026-01-01T00:00:00Z"),
            end: utc("2027-01-01T00:00:00Z"),
        };
        assert_eq!(state.busy_elsewhere(all).count(), 1);
    }

    #[test]
    fn more_times_than_are_kept_are_refused() {
        let start = utc("2026-06-01T00:00:00Z");
        let minute = |number: usize| {
            let number = i64::try_from(number).unwrap();
            Span::minutes(start + chrono::Duration::minutes(number * 2), 1)
        };
        let command = ImportBusy {
            busy: (0..=MOST_TIMES).map(minute).collect(),
            ..import(5, &[])
        };
        let refused = decide::<InterviewerCalendar>(&[], command, now()).unwrap_err();
        assert_eq!(refused.code(), "CALENDAR_TOO_MANY_TIMES");
    }

    proptest! {
        #[test]
        fn whatever_was_known_the_last_import_is_what_holds(
            imports in proptest::collection::vec(proptest::collection::btree_set(0_u32..60, 0..20), 1..6),
            asked in (0_i64..600, 1_i64..60),
        ) {
            let begin = utc("2026-05-05T00:00:00Z");
            let command = |tens: &BTreeSet<u32>| ImportBusy {
                busy: tens.iter().map(|ten| Span::minutes(begin + chrono::Duration::minutes(i64::from(*ten) * 10), 5)).collect(),
                ..import(5, &[])
            };
            let mut history = Vec::new();
            for tens in &imports {
                history.extend(decide::<InterviewerCalendar>(&history, command(tens), now()).unwrap());
            }
            let state = fold::<InterviewerCalendar>(&history);
            let asked = Span { start: begin + chrono::Duration::minutes(asked.0), end: begin + chrono::Duration::minutes(asked.0 + asked.1) };

            let last = command(imports.last().unwrap());

            prop_assert_eq!(state.busy_of(id(5), last.window.start), &last.busy);
            prop_assert_eq!(state.is_free(asked, now(), |_, _| false), !last.busy.iter().any(|span| span.overlaps(asked)));
            prop_assert_eq!(decide::<InterviewerCalendar>(&history, last, now()), nothing());
        }
    }
}
