//! Keeps an interview at its moment although the zone rules have changed what the clock on the wall shows there.

use super::{
    Interview,
    events::{DriftedTimeKept, InterviewEvent},
    phase::Step,
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
    sealed::Sealed,
    time::Slot,
};

/// Whether what was promised is given up for what the clock shows now.
#[derive(Clone, PartialEq, Debug)]
pub struct KeepDriftedTime {
    /// The revision that the asker saw.
    pub expected_revision: u32,
    /// Who decides it.
    pub by: AccountId,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
}

/// The time is settled anew, and so it is the next revision: people were told another time, their calendars take the
/// appointment anew, and whoever decides by what was shown before is stale. Keeping the same again is nothing.
///
/// # Errors
/// `NotFound`; `WrongState`, when it is not confirmed or its start has passed; `StaleRevision`, when its time was settled
/// since the asker looked; `NotDrifted`, when the clock shows what was promised.
pub fn decide(state: &Interview, command: &KeepDriftedTime, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    booking.allows(Step::Reschedule)?;
    if booking.kept == Some(command.expected_revision) {
        return nothing();
    }
    if booking.revision != command.expected_revision {
        return Err(Refusal::StaleRevision {
            current: booking.revision,
        });
    }
    if booking.slot.span.start <= context.now {
        return Err(Refusal::WrongState {
            state: "the start has passed",
        });
    }
    if booking.slot.drift().is_none() {
        return Err(Refusal::NotDrifted);
    }
    one(DriftedTimeKept {
        interview: booking.interview,
        revision: booking.revision + 1,
        from: booking.slot.clone(),
        to: Slot::promised(booking.slot.span, booking.slot.zone),
        by: command.by,
        reason: command.reason.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id},
        interview::{
            events::{Answer, Side},
            given::{
                asked_at, awaiting_payment, claims, confirmed, drifted, found, open, propose, slot, start,
                tomorrow,
            },
            record_drift::RecordDrift,
            reschedule::Reschedule,
            respond_to_invite::RespondToInvite,
        },
        testing::given,
    };

    fn keep() -> KeepDriftedTime {
        KeepDriftedTime {
            expected_revision: 1,
            by: id(3),
            reason: None,
        }
    }

    fn kept() -> Vec<InterviewEvent> {
        let mut history = drifted();
        history.extend(decide::<Interview>(&history, RecordDrift, asked_at()).unwrap());
        history.extend(decide::<Interview>(&history, keep(), asked_at()).unwrap());
        history
    }

    #[test]
    fn the_moment_stays_and_what_the_clock_shows_is_promised() {
        let before: Interview = fold(&drifted());
        let after: Interview = fold(&kept());
        let (before, after) = (before.booked().unwrap(), after.booked().unwrap());

        assert_eq!(after.slot.span, before.slot.span);
        assert_eq!(after.claims, before.claims);
        assert_eq!(after.slot.local_start, found().local_start);
        assert_eq!((after.revision, &after.drift), (2, &None));
        let settled = decide::<Interview>(&kept(), RecordDrift, asked_at());
        assert_eq!(settled, nothing());
    }

    #[test]
    fn what_interviewers_have_answered_stands_and_what_was_proposed_counts_no_more() {
        let mut history = drifted();
        let comes = RespondToInvite {
            account: id(1),
            answer: Answer::Accepted,
            expected_revision: None,
        };
        history.extend(decide::<Interview>(&history, comes, asked_at()).unwrap());
        history.extend(decide::<Interview>(&history, propose(Side::Candidate), asked_at()).unwrap());

        history.extend(decide::<Interview>(&history, keep(), asked_at()).unwrap());

        let state: Interview = fold(&history);
        let booking = state.booked().unwrap();
        assert_eq!(booking.answers.get(&id(1)), Some(&Answer::Accepted));
        assert_eq!(booking.open_proposal(), None);
    }

    #[test]
    fn keeping_the_same_again_is_nothing() {
        assert_eq!(decide::<Interview>(&kept(), keep(), asked_at()), nothing());
    }

    #[test]
    fn whoever_saw_another_time_is_stale() {
        let elsewhere = Reschedule {
            expected_revision: 1,
            to: slot(tomorrow()),
            group: None,
            claims: claims(21),
            by: id(1),
            reason: None,
        };
        let mover = decide::<Interview>(&kept(), elsewhere.clone(), asked_at());
        let moved = decide::<Interview>(&drifted(), elsewhere, asked_at()).unwrap();
        let moved = [drifted(), moved].concat();
        let keeper = decide::<Interview>(&moved, keep(), asked_at());

        assert_eq!(mover, Err(Refusal::StaleRevision { current: 2 }));
        assert_eq!(keeper, Err(Refusal::StaleRevision { current: 2 }));
    }

    #[test]
    fn what_has_not_drifted_is_not_kept() {
        let refused = decide::<Interview>(&confirmed(), keep(), asked_at());
        assert_eq!(refused, Err(Refusal::NotDrifted));
    }

    #[test]
    fn only_a_confirmed_interview_that_has_not_begun_is_kept() {
        let waiting = decide::<Interview>(&awaiting_payment(), keep(), asked_at());
        let entered = decide::<Interview>(&open(), keep(), asked_at());
        let begun = decide::<Interview>(&drifted(), keep(), start());

        assert_eq!(waiting.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(entered.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(begun.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn what_was_never_asked_for_is_not_kept() {
        given::<Interview>([])
            .when_at(asked_at(), keep())
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
