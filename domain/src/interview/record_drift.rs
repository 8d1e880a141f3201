//! Records that the zone rules have come apart from what was promised, or fit it again.

use super::{
    Booking, Interview,
    events::{InterviewEvent, TimeZoneRuleDriftDetected, TimeZoneRuleDriftEnded},
    phase::Step,
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    refusal::Refusal,
    time::{Drift, TZDB_VERSION, is_older},
};

/// Compares the promise with the zone rules that are built in.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RecordDrift;

/// What was found before is nothing, and so is what older rules find after newer ones, as two nodes may that are not yet
/// of the same version. Nothing else changes: neither the time, nor who is told what.
///
/// # Errors
/// `NotFound`; `WrongState`, when the interview was called off, has begun or is over, its hold is dead, or its start has
/// passed.
pub fn decide(state: &Interview, _: &RecordDrift, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    booking.allows(Step::RecordDrift)?;
    if booking.slot.span.start <= context.now || booking.hold_is_over(context.now) {
        return Err(Refusal::WrongState {
            state: "its time has passed",
        });
    }
    match (booking.slot.drift(), &booking.drift) {
        (Some(found), Some(known)) if found.says_the_same(known) => nothing(),
        (_, Some(known)) if is_older(TZDB_VERSION, &known.tzdb) => nothing(),
        (Some(found), Some(_) | None) => one(detected(booking, found)),
        (None, Some(_)) => one(TimeZoneRuleDriftEnded {
            interview: booking.interview,
            revision: booking.revision,
            tzdb: TZDB_VERSION.to_owned(),
        }),
        (None, None) => nothing(),
    }
}

const fn detected(booking: &Booking, drift: Drift) -> TimeZoneRuleDriftDetected {
    TimeZoneRuleDriftDetected {
        interview: booking.interview,
        revision: booking.revision,
        drift,
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        given::{decide, fold, id},
        interview::{
            cancel::Cancel,
            events::Party,
            given::{
                asked_at, awaiting_approval, claims, confirmed, drifted, due, expired, found, open, slot,
                start, tomorrow,
            },
            reschedule::Reschedule,
        },
        testing::given,
    };

    fn recorded() -> Vec<InterviewEvent> {
        let history = drifted();
        let events = decide::<Interview>(&history, RecordDrift, asked_at()).unwrap();
        [history, events].concat()
    }

    /// The history, with another finding in the end.
    fn with(mut history: Vec<InterviewEvent>, change: impl FnOnce(&mut Drift)) -> Vec<InterviewEvent> {
        let mut drift = found();
        change(&mut drift);
        let detected = TimeZoneRuleDriftDetected {
            interview: id(10),
            revision: 1,
            drift,
        };
        history.push(detected.into());
        history
    }

    #[test]
    fn a_drift_is_recorded_with_both_local_times_and_moves_nothing() {
        let events = decide::<Interview>(&drifted(), RecordDrift, asked_at());
        let (before, after): (Interview, Interview) = (fold(&drifted()), fold(&recorded()));
        let (before, after) = (before.booked().unwrap(), after.booked().unwrap());

        let expected = TimeZoneRuleDriftDetected {
            interview: id(10),
            revision: 1,
            drift: found(),
        };
        assert_eq!(events, one(expected));
        let with_the_finding = Booking {
            drift: Some(found()),
            ..before.clone()
        };
        assert_eq!(*after, with_the_finding);
    }

    #[test]
    fn the_same_finding_again_is_nothing_whichever_version_finds_it() {
        let by_another_version = with(drifted(), |drift| drift.tzdb = "2024b".to_owned());

        let again = decide::<Interview>(&recorded(), RecordDrift, asked_at());
        let by_this_one = decide::<Interview>(&by_another_version, RecordDrift, asked_at());

        assert_eq!((again, by_this_one), (nothing(), nothing()));
    }

    #[test]
    fn another_finding_by_newer_rules_is_recorded_and_one_by_older_rules_is_not() {
        let an_hour_off = |drift: &mut Drift| drift.local_start += Duration::hours(1);
        let before = with(drifted(), |drift| {
            an_hour_off(drift);
            drift.tzdb = "2024b".to_owned();
        });
        let later = with(drifted(), |drift| {
            an_hour_off(drift);
            drift.tzdb = "9999z".to_owned();
        });

        let newer = decide::<Interview>(&before, RecordDrift, asked_at()).unwrap();
        let older = decide::<Interview>(&later, RecordDrift, asked_at());

        assert!(
            matches!(&newer[..], [InterviewEvent::TimeZoneRuleDriftDetected(event)] if event.drift == found())
        );
        assert_eq!(older, nothing());
    }

    #[test]
    fn rules_that_say_again_what_was_promised_end_it() {
        let history = with(confirmed(), |drift| drift.tzdb = "2024b".to_owned());

        let events = decide::<Interview>(&history, RecordDrift, asked_at()).unwrap();
        let history = [history, events.clone()].concat();
        let state: Interview = fold(&history);

        assert!(matches!(&events[..], [InterviewEvent::TimeZoneRuleDriftEnded(_)]));
        assert_eq!(state.booked().unwrap().drift, None);
        let again = decide::<Interview>(&history, RecordDrift, asked_at());
        assert_eq!(again, nothing());
    }

    #[test]
    fn a_promise_that_is_kept_by_the_rules_is_nothing() {
        let held = decide::<Interview>(&awaiting_approval(None), RecordDrift, asked_at());
        let settled = decide::<Interview>(&confirmed(), RecordDrift, asked_at());
        assert_eq!((held, settled), (nothing(), nothing()));
    }

    #[test]
    fn a_move_leaves_the_drift_behind() {
        let away = Reschedule {
            expected_revision: 1,
            to: slot(tomorrow()),
            group: None,
            claims: claims(21),
            by: id(1),
            reason: None,
        };
        let events = decide::<Interview>(&recorded(), away, asked_at()).unwrap();
        let history = [recorded(), events].concat();
        let state: Interview = fold(&history);

        assert_eq!(state.booked().unwrap().drift, None);
        assert_eq!(decide::<Interview>(&history, RecordDrift, asked_at()), nothing());
    }

    #[test]
    fn what_does_not_lie_ahead_has_no_drift_to_record() {
        let off = Cancel {
            expected_revision: None,
            by: id(2),
            party: Party::Candidate,
            reason: None,
            paid: None,
        };
        let cancelled = decide::<Interview>(&confirmed(), off, asked_at()).unwrap();
        let cancelled = [confirmed(), cancelled].concat();
        let code = |history: &[InterviewEvent], now| {
            let refused = decide::<Interview>(history, RecordDrift, now);
            refused.unwrap_err().code()
        };

        assert_eq!(code(&cancelled, asked_at()), "WRONG_STATE");
        assert_eq!(code(&open(), asked_at()), "WRONG_STATE");
        assert_eq!(code(&expired(), asked_at()), "WRONG_STATE");
        assert_eq!(code(&confirmed(), start()), "WRONG_STATE");
        assert_eq!(code(&awaiting_approval(None), due()), "WRONG_STATE");
    }

    #[test]
    fn what_was_never_asked_for_has_no_drift() {
        given::<Interview>([])
            .when_at(asked_at(), RecordDrift)
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
