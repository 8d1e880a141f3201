//! Calls an interview off.

use super::{
    Interview,
    events::{InterviewCancelled, InterviewEvent, Party, PolicyOutcome},
    phase::{Phase, Step},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::AccountId,
    money::Money,
    refusal::Refusal,
    sealed::Sealed,
};

/// Who calls it off, and what was paid. The claims are released, the room is closed and the refund is asked for in the
/// same append.
#[derive(Clone, PartialEq, Debug)]
pub struct Cancel {
    /// The revision that the asker saw, if they said which.
    pub expected_revision: Option<u32>,
    /// Who calls it off.
    pub by: AccountId,
    /// Whose wish that is.
    pub party: Party,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
    /// What was paid and has not gone back.
    pub paid: Option<Money>,
}

/// Nothing when it is called off already. Money for what was never confirmed comes back whole, whoever calls it off.
///
/// # Errors
/// `NotFound`; `WrongState`, when the parties met, it is over, came to nothing before, or its start has passed;
/// `StaleRevision`, when it moved since the asker looked.
pub fn decide(state: &Interview, command: &Cancel, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if matches!(booking.phase, Phase::Cancelled { .. }) {
        return nothing();
    }
    booking.allows(Step::Cancel)?;
    let expected = command.expected_revision.unwrap_or(booking.revision);
    if expected != booking.revision {
        return Err(Refusal::StaleRevision {
            current: booking.revision,
        });
    }
    if booking.slot.span.start <= context.now {
        return Err(Refusal::WrongState {
            state: "the start has passed",
        });
    }
    let was_confirmed = booking.phase.was_confirmed();
    let percent = match was_confirmed {
        true => booking.refundable_percent(command.party, context.now),
        false => 100,
    };
    let notice = booking.notice(context.now).num_minutes();
    one(InterviewCancelled {
        interview: booking.interview,
        revision: booking.revision,
        was_confirmed,
        by: command.by,
        party: command.party,
        reason: command.reason.clone(),
        outcome: PolicyOutcome {
            notice_minutes: u32::try_from(notice).unwrap_or(u32::MAX),
            percent,
            refund: command.paid.map(|paid| paid.percent(percent)),
        },
    })
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        given::{decide, fold, id, rupees},
        interview::{
            events::RefundTier,
            given::{
                asked_at, awaiting_payment, claims, completed, confirmed, expired, live, open, slot, start,
            },
            request_booking::RequestBooking,
            reschedule::Reschedule,
        },
        testing::given,
        time::Instant,
    };

    fn cancel(party: Party) -> Cancel {
        Cancel {
            expected_revision: None,
            by: id(2),
            party,
            reason: None,
            paid: Some(rupees(14_900)),
        }
    }

    fn tier(notice_minutes: u32, percent: u8) -> RefundTier {
        RefundTier {
            notice_minutes,
            percent,
        }
    }

    /// Confirmed, and paid back wholly a day before, half of it two hours before.
    fn refundable() -> Vec<InterviewEvent> {
        let mut request: RequestBooking = super::super::given::request();
        request.terms.refunds = vec![tier(24 * 60, 100), tier(2 * 60, 50)];
        let mut history = decide::<Interview>(&[], request, asked_at()).unwrap();
        let confirm = super::super::confirm::Confirm;
        history.extend(decide::<Interview>(&history, confirm, asked_at()).unwrap());
        history
    }

    fn outcome(history: &[InterviewEvent], party: Party, now: Instant) -> PolicyOutcome {
        let events = decide::<Interview>(history, cancel(party), now).unwrap();
        let [InterviewEvent::InterviewCancelled(cancelled)] = events.as_slice() else {
            panic!("{events:?}");
        };
        cancelled.outcome
    }

    fn moved(history: Vec<InterviewEvent>, by: u128, to: Instant, now: Instant) -> Vec<InterviewEvent> {
        let state: Interview = fold(&history);
        let reschedule = Reschedule {
            expected_revision: state.booked().unwrap().revision,
            to: slot(to),
            group: None,
            claims: claims(21),
            by: id(by),
            reason: None,
        };
        let events = decide::<Interview>(&history, reschedule, now).unwrap();
        [history, events].concat()
    }

    #[test]
    fn a_candidate_gets_back_what_the_notice_gives() {
        let at = |hours: i64| outcome(&refundable(), Party::Candidate, start() - Duration::hours(hours));

        assert_eq!((at(24).percent, at(24).refund), (100, Some(rupees(14_900))));
        assert_eq!((at(23).percent, at(23).refund), (50, Some(rupees(7_450))));
        assert_eq!((at(1).percent, at(1).refund), (0, Some(rupees(0))));
        assert_eq!(at(23).notice_minutes, 23 * 60);
    }

    #[test]
    fn everything_comes_back_when_it_is_not_the_candidates_wish() {
        let late = start() - Duration::minutes(1);

        assert_eq!(outcome(&refundable(), Party::Interviewer, late).percent, 100);
        assert_eq!(outcome(&refundable(), Party::Organisation, late).percent, 100);
    }

    #[test]
    fn a_late_move_does_not_give_back_the_notice_that_was_lost() {
        let late = start() - Duration::hours(3);
        let next_week = start() + Duration::days(7);
        let by_candidate = moved(refundable(), 2, next_week, late);
        let by_staff = moved(refundable(), 9, next_week, late);

        assert_eq!(outcome(&by_candidate, Party::Candidate, late).percent, 50);
        assert_eq!(outcome(&by_candidate, Party::Organisation, late).percent, 100);
        assert_eq!(outcome(&by_staff, Party::Candidate, late).percent, 100);
    }

    #[test]
    fn an_early_move_costs_nothing_and_the_notice_counts_to_the_new_start() {
        let early = moved(refundable(), 2, start() + Duration::days(7), asked_at());
        let old_start = outcome(&early, Party::Candidate, start());

        assert_eq!(early.len(), refundable().len() + 1);
        assert_eq!(old_start.percent, 100);
    }

    #[test]
    fn a_cancelled_interview_is_cancelled_once() {
        let events = decide::<Interview>(&confirmed(), cancel(Party::Candidate), asked_at()).unwrap();
        let history = [confirmed(), events].concat();
        let state: Interview = fold(&history);

        assert_eq!(
            state.booked().unwrap().phase,
            Phase::Cancelled { was_confirmed: true }
        );
        let again = decide::<Interview>(&history, cancel(Party::Organisation), start());
        assert_eq!(again, nothing());
    }

    #[test]
    fn what_is_held_or_open_before_its_start_can_be_called_off_too() {
        let was_confirmed = |history: Vec<InterviewEvent>| {
            let events = decide::<Interview>(&history, cancel(Party::Candidate), asked_at()).unwrap();
            let [InterviewEvent::InterviewCancelled(cancelled)] = events.as_slice() else {
                panic!("{events:?}");
            };
            cancelled.was_confirmed
        };
        assert!(!was_confirmed(awaiting_payment()));
        assert!(was_confirmed(open()));
    }

    #[test]
    fn what_has_begun_is_over_or_came_to_nothing_cannot_be_called_off() {
        let code = |history: Vec<InterviewEvent>, now: Instant| {
            let refused = decide::<Interview>(&history, cancel(Party::Organisation), now);
            refused.unwrap_err().code()
        };
        assert_eq!(code(confirmed(), start()), "WRONG_STATE");
        assert_eq!(code(live(), asked_at()), "WRONG_STATE");
        assert_eq!(code(completed(), asked_at()), "WRONG_STATE");
        assert_eq!(code(expired(), asked_at()), "WRONG_STATE");
    }

    #[test]
    fn whoever_saw_another_time_does_not_cancel_this_one() {
        let stale = Cancel {
            expected_revision: Some(1),
            ..cancel(Party::Candidate)
        };
        let moved = moved(refundable(), 2, start() + Duration::days(7), asked_at());

        let refused = decide::<Interview>(&moved, stale, asked_at());

        assert_eq!(refused, Err(Refusal::StaleRevision { current: 2 }));
    }

    #[test]
    fn what_was_never_asked_for_is_not_called_off() {
        given::<Interview>([])
            .when_at(asked_at(), cancel(Party::Candidate))
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
