//! Somebody who was asked agrees to a booking: it is confirmed, or held on until it is paid.

use chrono::Duration;

use super::{
    Booking, Interview,
    events::{BookingApproved, InterviewConfirmed, InterviewEvent, PaymentRequired},
    phase::Step,
};
use crate::{
    aggregate::{Context, Decision, nothing},
    ids::{AccountId, PaymentId},
    refusal::Refusal,
    time::Instant,
};

/// Who agrees. The claims become firm, or are held until the payment is due, in the same append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Approve {
    /// Who.
    pub by: AccountId,
    /// The payment that is opened in the same append when the booking has a price; nothing is made of it otherwise.
    pub payment: PaymentId,
}

/// The same person agreeing again is nothing.
///
/// # Errors
/// `NotFound`; `Forbidden` for the candidate; `WrongState`, when somebody else agreed or declined before, it was called
/// off, or the hold has died, whether or not that was recorded (rule C6).
pub fn decide(state: &Interview, command: &Approve, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if booking.approved_by == Some(command.by) {
        return nothing();
    }
    booking.may_be_judged(Step::Approve, command.by, context.now)?;
    let (interview, revision) = (booking.interview, booking.revision);
    let due = booking.payment_due(context.now);
    let approved = BookingApproved {
        interview,
        revision,
        by: command.by,
        hold_expires_at: due,
    };
    let next = match booking.quote.zip(due) {
        Some((quote, due_at)) => PaymentRequired {
            interview,
            payment: command.payment,
            amount: quote.price,
            due_at,
        }
        .into(),
        None => InterviewConfirmed { interview, revision }.into(),
    };
    Ok(vec![approved.into(), next])
}

impl Booking {
    /// Until when a booking is to be paid that somebody agrees to now, which is never after its start; nothing when it
    /// costs nothing.
    pub fn payment_due(&self, now: Instant) -> Option<Instant> {
        let minutes = self.pay_within_minutes?;
        let due = now + Duration::minutes(i64::from(minutes));
        Some(due.min(self.slot.span.start))
    }

    /// Refuses whoever may not agree or decline, and what cannot be agreed to or declined any more.
    pub(super) fn may_be_judged(&self, step: Step, by: AccountId, now: Instant) -> Result<(), Refusal> {
        if self.is_candidate(by) {
            return Err(Refusal::Forbidden);
        }
        self.allows(step)?;
        if self.hold_is_over(now) {
            return Err(Refusal::WrongState {
                state: "the hold is over",
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id, rupees},
        interview::{
            given::{asked_at, awaiting_approval, awaiting_payment, due, start},
            phase::Phase,
        },
        testing::given,
    };

    fn approve(by: u128) -> Approve {
        Approve {
            by: id(by),
            payment: id(50),
        }
    }

    #[test]
    fn what_costs_nothing_is_confirmed_as_soon_as_somebody_agrees() {
        let events = decide::<Interview>(&awaiting_approval(None), approve(1), asked_at()).unwrap();
        let state: Interview = fold(&[awaiting_approval(None), events.clone()].concat());

        let [
            InterviewEvent::BookingApproved(approved),
            InterviewEvent::InterviewConfirmed(_),
        ] = &events[..]
        else {
            panic!("{events:?}");
        };
        assert_eq!((approved.by, approved.hold_expires_at), (id(1), None));
        assert_eq!(state.booked().unwrap().phase, Phase::Confirmed);
    }

    #[test]
    fn what_has_a_price_is_paid_only_after_somebody_has_agreed() {
        let before = awaiting_approval(Some(15));
        let asked = before
            .iter()
            .any(|event| matches!(event, InterviewEvent::PaymentRequired(_)));
        let now = due() - Duration::seconds(1);
        let events = decide::<Interview>(&before, approve(1), now).unwrap();
        let state: Interview = fold(&[before, events.clone()].concat());

        let [
            InterviewEvent::BookingApproved(approved),
            InterviewEvent::PaymentRequired(required),
        ] = &events[..]
        else {
            panic!("{events:?}");
        };
        assert!(!asked);
        let until = now + Duration::minutes(15);
        assert_eq!(approved.hold_expires_at, Some(until));
        assert_eq!((required.amount, required.due_at), (rupees(149), until));
        let booking = state.booked().unwrap();
        assert_eq!(
            (booking.phase, booking.payment),
            (Phase::AwaitingPayment, Some(id(50)))
        );
        assert!(!booking.hold_is_over(due()), "the former end of the hold is past");
        assert!(booking.hold_is_over(until));
    }

    #[test]
    fn nothing_is_to_be_paid_after_the_start() {
        let history = awaiting_approval(Some(120));
        let state: Interview = fold(&history);
        let booking = state.booked().unwrap();
        let now = start() - Duration::minutes(30);
        assert_eq!(booking.payment_due(now), Some(start()));
    }

    #[test]
    fn of_two_who_agree_one_does_and_the_other_learns_that_it_is_done() {
        let events = decide::<Interview>(&awaiting_approval(None), approve(1), asked_at()).unwrap();
        let history = [awaiting_approval(None), events].concat();

        let again = decide::<Interview>(&history, approve(1), asked_at());
        let other = decide::<Interview>(&history, approve(3), asked_at());

        assert_eq!(again, nothing());
        assert_eq!(other.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn nobody_agrees_to_a_hold_that_has_died_although_no_timer_recorded_it() {
        let last = due() - Duration::microseconds(1);
        let late = decide::<Interview>(&awaiting_approval(None), approve(1), due());
        assert_eq!(
            late,
            Err(Refusal::WrongState {
                state: "the hold is over"
            })
        );
        assert!(decide::<Interview>(&awaiting_approval(None), approve(1), last).is_ok());
    }

    #[test]
    fn the_candidate_does_not_agree_and_what_asks_nobody_is_not_agreed_to() {
        let own = decide::<Interview>(&awaiting_approval(None), approve(2), asked_at());
        let unasked = decide::<Interview>(&awaiting_payment(), approve(1), asked_at());
        assert_eq!(own, Err(Refusal::Forbidden));
        assert_eq!(unasked.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn what_was_never_asked_for_is_not_agreed_to() {
        given::<Interview>([])
            .when_at(asked_at(), approve(1))
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
