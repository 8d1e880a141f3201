//! Gives the slot up when nobody agreed to the booking, or it was not paid, in time.

use super::{
    Interview,
    events::{BookingExpired, ExpiryReason, InterviewEvent},
    phase::{Phase, Step},
};
use crate::aggregate::{Context, Decision, nothing, one};

/// The hold may have died.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expire;

/// A timer that comes too early, or after the confirmation, finds nothing to record.
///
/// # Errors
/// `NotFound`, when there is no such interview.
pub fn decide(state: &Interview, _: &Expire, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if !booking.phase.allows(Step::Expire) || !booking.hold_is_over(context.now) {
        return nothing();
    }
    one(BookingExpired {
        interview: booking.interview,
        reason: match booking.phase == Phase::AwaitingApproval {
            true => ExpiryReason::NotApproved,
            false => ExpiryReason::HoldExpired,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id},
        interview::given::{asked_at, awaiting_approval, awaiting_payment, confirmed, due, expired},
        refusal::Refusal,
        testing::given,
    };

    #[test]
    fn an_unpaid_booking_expires_when_its_hold_does() {
        let event = BookingExpired {
            interview: id(10),
            reason: ExpiryReason::HoldExpired,
        };
        assert_eq!(
            decide::<Interview>(&awaiting_payment(), Expire, asked_at()),
            nothing()
        );
        assert_eq!(
            decide::<Interview>(&awaiting_payment(), Expire, due()),
            one(event)
        );
    }

    #[test]
    fn a_booking_that_nobody_agreed_to_expires_when_its_hold_does() {
        let event = BookingExpired {
            interview: id(10),
            reason: ExpiryReason::NotApproved,
        };
        let early = decide::<Interview>(&awaiting_approval(None), Expire, asked_at());
        let late = decide::<Interview>(&awaiting_approval(None), Expire, due());
        assert_eq!(early, nothing());
        assert_eq!(late, one(event));
    }

    #[test]
    fn a_confirmed_or_expired_booking_does_not_expire() {
        assert_eq!(decide::<Interview>(&confirmed(), Expire, due()), nothing());
        assert_eq!(decide::<Interview>(&expired(), Expire, due()), nothing());
    }

    #[test]
    fn what_was_never_asked_for_does_not_expire() {
        given::<Interview>([])
            .when_at(due(), Expire)
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
