//! Confirms an interview once it is paid.

use super::{
    Interview,
    events::{InterviewConfirmed, InterviewEvent},
    phase::Step,
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    refusal::Refusal,
};

/// It is paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Confirm;

/// # Errors
/// `NotFound`; `WrongState`, when the hold has died (whether or not that was recorded) or it never waited for money.
pub fn decide(state: &Interview, _: &Confirm, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if booking.phase.was_confirmed() {
        return nothing();
    }
    booking.allows(Step::Confirm)?;
    if booking.hold_is_over(context.now) {
        return Err(Refusal::WrongState {
            state: "the hold is over",
        });
    }
    one(InterviewConfirmed {
        interview: booking.interview,
        revision: booking.revision,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id},
        interview::given::{asked_at, awaiting_payment, completed, confirmed, due, expired},
    };

    #[test]
    fn a_paid_booking_is_confirmed_and_confirming_again_is_nothing() {
        let event = InterviewConfirmed {
            interview: id(10),
            revision: 1,
        };
        assert_eq!(
            decide::<Interview>(&awaiting_payment(), Confirm, asked_at()),
            one(event)
        );
        assert_eq!(decide::<Interview>(&confirmed(), Confirm, asked_at()), nothing());
        assert_eq!(decide::<Interview>(&completed(), Confirm, asked_at()), nothing());
    }

    #[test]
    fn a_dead_hold_is_not_confirmed_even_if_no_timer_recorded_its_death() {
        let unrecorded = decide::<Interview>(&awaiting_payment(), Confirm, due());
        let recorded = decide::<Interview>(&expired(), Confirm, due());
        assert_eq!(unrecorded.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(recorded.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn what_was_never_asked_for_is_not_found() {
        let refused = decide::<Interview>(&[], Confirm, asked_at());
        assert_eq!(refused, Err(Refusal::NotFound { what: "interview" }));
    }
}
