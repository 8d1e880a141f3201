//! Waits no longer for money, because what it was for was called off.

use super::{
    Payment, Phase,
    events::{PaymentCancelled, PaymentEvent},
};
use crate::aggregate::{Decision, nothing, one};

/// What it was for was called off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cancel;

/// Nothing when it is no longer waited for, or was paid: what was paid goes back by a refund.
///
/// # Errors
/// `NotFound`, when there is no such payment.
pub fn decide(state: &Payment, _: &Cancel) -> Decision<PaymentEvent> {
    let opened = state.opened()?;
    match opened.phase {
        Phase::Due => one(PaymentCancelled {
            payment: opened.payment,
            interview: opened.interview,
        }),
        Phase::Expired | Phase::Cancelled | Phase::Captured { .. } => nothing(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id, rupees, utc},
        payment::{
            apply_provider_fact::ApplyProviderFact,
            given::{apply, captured, due, expired, now, opened, then},
        },
        provider_inbox::events::ProviderFact,
    };

    fn cancelled() -> Vec<PaymentEvent> {
        then(opened(), Cancel, now())
    }

    fn paid() -> ApplyProviderFact {
        apply(ProviderFact::PaymentCaptured {
            payment: id(50),
            attempt: "first".to_owned(),
            amount: rupees(149),
            at: utc("2026-05-04T10:05:00Z"),
        })
    }

    #[test]
    fn a_payment_that_is_waited_for_is_cancelled_once() {
        assert_eq!(cancelled().len(), opened().len() + 1);
        assert_eq!(decide::<Payment>(&cancelled(), Cancel, now()), nothing());
        let expires = decide::<Payment>(&cancelled(), super::super::expire::Expire, due());
        assert_eq!(expires, nothing());
    }

    #[test]
    fn what_was_paid_or_has_expired_is_not_cancelled() {
        assert_eq!(decide::<Payment>(&captured(), Cancel, now()), nothing());
        assert_eq!(decide::<Payment>(&expired(), Cancel, now()), nothing());
    }

    #[test]
    fn money_that_comes_after_all_is_late_and_can_go_back() {
        let history = then(cancelled(), paid(), now());
        let state: Payment = fold(&history);

        assert!(matches!(history.last(), Some(PaymentEvent::PaymentCaptured(event)) if event.late));
        assert_eq!(state.opened().unwrap().refundable(), rupees(149));
    }

    #[test]
    fn a_payment_that_was_never_opened_is_not_found() {
        let unknown = decide::<Payment>(&[], Cancel, now());
        assert_eq!(unknown.unwrap_err().code(), "NOT_FOUND");
    }
}
