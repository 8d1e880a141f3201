//! Takes in what a provider says has happened to a payment.

use super::{
    Ledger, Payment, Phase, Refund, RefundStatus,
    events::{
        DuplicateCaptureDetected, PaymentAttemptFailed, PaymentAuthorized, PaymentCaptured, PaymentEvent,
        PaymentMismatchDetected, RefundFailed, RefundProcessed, RefundReason, RefundRequested,
    },
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{self, RefundId},
    money::Money,
    provider_inbox::events::ProviderFact,
    refusal::Refusal,
    time::Instant,
};

/// What a provider says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApplyProviderFact {
    /// Configured name of the provider.
    pub provider: String,
    /// What has happened.
    pub fact: ProviderFact,
}

/// Repeated and outdated facts change nothing.
///
/// # Errors
/// `NotFound`, when there is no such payment or refund; `WrongState`, when the payment's order is with another
/// provider; `Invalid`, when the fact is about another payment.
pub fn decide(state: &Payment, command: &ApplyProviderFact, context: &Context) -> Decision<PaymentEvent> {
    let opened = state.opened()?;
    if command.fact.payment() != opened.payment {
        return Err(Refusal::invalid("fact.payment", "is another payment"));
    }
    if opened
        .order
        .as_ref()
        .is_some_and(|order| order.provider != command.provider)
    {
        return Err(Refusal::WrongState {
            state: "the order is with another provider",
        });
    }
    match &command.fact {
        ProviderFact::PaymentFailed { attempt, code, .. } => attempt_failed(opened, attempt, code),
        ProviderFact::PaymentAuthorized { attempt, .. } => authorized(opened, attempt),
        ProviderFact::PaymentCaptured {
            attempt, amount, at, ..
        } => captured(opened, attempt, *amount, *at, context.now),
        ProviderFact::RefundProcessed {
            refund,
            provider_refund,
            ..
        } => refund_processed(opened, *refund, provider_refund),
        ProviderFact::RefundFailed { refund, code, .. } => refund_failed(opened, *refund, code),
    }
}

fn attempt_failed(opened: &Ledger, attempt: &str, code: &str) -> Decision<PaymentEvent> {
    let outdated = opened.failed.contains(attempt) || opened.authorized.contains(attempt);
    if outdated || opened.phase != Phase::Due {
        return nothing();
    }
    one(PaymentAttemptFailed {
        payment: opened.payment,
        interview: opened.interview,
        attempt: attempt.to_owned(),
        code: code.to_owned(),
    })
}

fn authorized(opened: &Ledger, attempt: &str) -> Decision<PaymentEvent> {
    if opened.authorized.contains(attempt) || opened.phase != Phase::Due {
        return nothing();
    }
    one(PaymentAuthorized {
        payment: opened.payment,
        interview: opened.interview,
        attempt: attempt.to_owned(),
    })
}

/// The amount is compared before anything else, so that it does not matter which of two captures is heard of first.
fn captured(
    opened: &Ledger,
    attempt: &str,
    amount: Money,
    captured_at: Instant,
    now: Instant,
) -> Decision<PaymentEvent> {
    if amount != opened.amount {
        return mismatched(opened, attempt, amount);
    }
    let late = match &opened.phase {
        // The comparison decides, not the timer (rule C6): the hold on the slot is dead from this moment on.
        Phase::Due => opened.due_at <= now,
        Phase::Expired | Phase::Cancelled => true,
        Phase::Captured { attempt: first, .. } if first == attempt => return nothing(),
        Phase::Captured { .. } => return captured_again(opened, attempt, amount),
    };
    one(PaymentCaptured {
        payment: opened.payment,
        interview: opened.interview,
        attempt: attempt.to_owned(),
        amount,
        captured_at,
        late,
    })
}

/// The order was for one payment, so the second is nobody's but the payer's: it goes back with the fact (rule M4).
fn captured_again(opened: &Ledger, attempt: &str, amount: Money) -> Decision<PaymentEvent> {
    if opened.duplicates.contains_key(attempt) {
        return nothing();
    }
    let detected = DuplicateCaptureDetected {
        payment: opened.payment,
        interview: opened.interview,
        attempt: attempt.to_owned(),
        amount,
    };
    let refund = RefundRequested {
        payment: opened.payment,
        interview: opened.interview,
        refund: ids::derive(&[
            opened.payment.uuid().as_bytes(),
            b"paid_twice",
            attempt.as_bytes(),
        ]),
        amount,
        reason: RefundReason::PaidTwice,
        attempt: Some(attempt.to_owned()),
    };
    Ok(vec![detected.into(), refund.into()])
}

fn mismatched(opened: &Ledger, attempt: &str, actual: Money) -> Decision<PaymentEvent> {
    let mut known = opened.mismatches.iter();
    if known.any(|(known, amount)| (known.as_str(), *amount) == (attempt, actual)) {
        return nothing();
    }
    one(PaymentMismatchDetected {
        payment: opened.payment,
        interview: opened.interview,
        attempt: attempt.to_owned(),
        expected: opened.amount,
        actual,
    })
}

fn refund_processed(opened: &Ledger, refund: RefundId, provider_refund: &str) -> Decision<PaymentEvent> {
    match known(opened, refund)?.status {
        RefundStatus::Processed => nothing(),
        RefundStatus::Requested | RefundStatus::Failed => one(RefundProcessed {
            payment: opened.payment,
            interview: opened.interview,
            refund,
            provider_refund: provider_refund.to_owned(),
        }),
    }
}

fn refund_failed(opened: &Ledger, refund: RefundId, code: &str) -> Decision<PaymentEvent> {
    match known(opened, refund)?.status {
        RefundStatus::Processed | RefundStatus::Failed => nothing(),
        RefundStatus::Requested => one(RefundFailed {
            payment: opened.payment,
            interview: opened.interview,
            refund,
            code: code.to_owned(),
        }),
    }
}

fn known(opened: &Ledger, refund: RefundId) -> Result<&Refund, Refusal> {
    let refund = opened.refunds.get(&refund);
    refund.ok_or(Refusal::NotFound { what: "refund" })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        given::{decide, fold, id, rupees},
        payment::{
            expire::Expire,
            given::{apply, capture, captured, due, expired, now, opened, refund, then},
            record_order::RecordOrder,
        },
    };

    fn failed(attempt: &str) -> ProviderFact {
        ProviderFact::PaymentFailed {
            payment: id(50),
            attempt: attempt.to_owned(),
            code: "declined".to_owned(),
        }
    }

    fn authorised(attempt: &str) -> ProviderFact {
        ProviderFact::PaymentAuthorized {
            payment: id(50),
            attempt: attempt.to_owned(),
        }
    }

    fn refunded(number: u128) -> ProviderFact {
        ProviderFact::RefundProcessed {
            payment: id(50),
            refund: id(number),
            provider_refund: "r".to_owned(),
        }
    }

    fn refund_failed(number: u128) -> ProviderFact {
        ProviderFact::RefundFailed {
            payment: id(50),
            refund: id(number),
            code: "declined".to_owned(),
        }
    }

    fn heard(history: &[PaymentEvent], fact: ProviderFact) -> Vec<PaymentEvent> {
        decide::<Payment>(history, apply(fact), now()).unwrap()
    }

    #[test]
    fn an_attempt_may_fail_and_then_succeed_but_not_the_other_way_round() {
        let failed_once = then(opened(), apply(failed("a")), now());
        assert!(heard(&failed_once, failed("a")).is_empty());
        assert_eq!(heard(&failed_once, authorised("a")).len(), 1);
        let authorised_once = then(failed_once, apply(authorised("a")), now());
        assert!(heard(&authorised_once, authorised("a")).is_empty());
        assert!(heard(&authorised_once, failed("a")).is_empty());
        assert!(heard(&captured(), failed("b")).is_empty());
    }

    #[test]
    fn a_capture_counts_once_and_its_repeat_is_nothing() {
        let events = heard(&opened(), capture("a", rupees(149)));
        assert!(matches!(&events[..], [PaymentEvent::PaymentCaptured(event)] if !event.late));
        assert!(heard(&captured(), capture("a", rupees(149))).is_empty());
    }

    #[test]
    fn a_second_capture_is_flagged_once_and_goes_back() {
        let events = heard(&captured(), capture("b", rupees(149)));
        let [
            PaymentEvent::DuplicateCaptureDetected(_),
            PaymentEvent::RefundRequested(refund),
        ] = &events[..]
        else {
            panic!("{events:?}");
        };
        assert_eq!(
            (refund.attempt.as_deref(), refund.amount, refund.reason),
            (Some("b"), rupees(149), RefundReason::PaidTwice)
        );
        let flagged = [captured(), events].concat();
        assert!(heard(&flagged, capture("b", rupees(149))).is_empty());
    }

    #[test]
    fn what_was_paid_twice_leaves_what_counts_to_be_paid_back_too() {
        let twice = then(captured(), apply(capture("b", rupees(149))), now());
        let state: Payment = fold(&twice);

        assert_eq!(state.opened().unwrap().refundable(), rupees(149));
        assert_eq!(then(twice, refund(60, rupees(149)), now()).len(), 5);
    }

    #[test]
    fn a_wrong_amount_does_not_count_as_paid() {
        let events = heard(&opened(), capture("a", rupees(1)));
        assert!(matches!(&events[..], [PaymentEvent::PaymentMismatchDetected(_)]));
        let flagged = [opened(), events].concat();
        let state: Payment = fold(&flagged);
        assert_eq!(state.opened().unwrap().captured(), None);
        assert!(heard(&flagged, capture("a", rupees(1))).is_empty());
    }

    #[test]
    fn money_after_the_due_time_is_late_whether_or_not_the_timer_was_faster() {
        let late = |history: &[PaymentEvent]| {
            let fact = apply(capture("a", rupees(149)));
            let events = decide::<Payment>(history, fact, due()).unwrap();
            matches!(&events[..], [PaymentEvent::PaymentCaptured(event)] if event.late)
        };
        assert!(late(&expired()));
        assert!(late(&opened()));
    }

    #[test]
    fn a_refund_that_was_paid_out_stays_so() {
        let requested = then(captured(), refund(60, rupees(149)), now());
        let failed = then(requested.clone(), apply(refund_failed(60)), now());
        let processed = then(requested, apply(refunded(60)), now());
        assert!(heard(&failed, refund_failed(60)).is_empty());
        assert_eq!(heard(&failed, refunded(60)).len(), 1);
        assert!(heard(&processed, refunded(60)).is_empty());
        assert!(heard(&processed, refund_failed(60)).is_empty());
    }

    #[test]
    fn facts_about_something_else_are_refused() {
        let other_payment = ProviderFact::PaymentAuthorized {
            payment: id(51),
            attempt: "a".to_owned(),
        };
        let code = |history: &[PaymentEvent], fact| {
            let refused = decide::<Payment>(history, apply(fact), now());
            refused.unwrap_err().code()
        };
        let elsewhere = RecordOrder {
            provider: "other".to_owned(),
            order: "o".to_owned(),
            checkout_url: None,
        };
        let elsewhere = then(opened(), elsewhere, now());

        assert_eq!(code(&[], failed("a")), "NOT_FOUND");
        assert_eq!(code(&opened(), other_payment), "INVALID");
        assert_eq!(code(&captured(), refunded(60)), "NOT_FOUND");
        assert_eq!(code(&elsewhere, failed("a")), "WRONG_STATE");
    }

    /// What counts of a payment: paid, paid twice, paid wrongly, sent back.
    fn money(history: &[PaymentEvent]) -> (Option<Money>, i64, i64, i64) {
        let state: Payment = fold(history);
        let ledger = state.opened().unwrap();
        let duplicates = ledger.duplicates.values().map(|money| money.minor).sum();
        let mismatches = ledger.mismatches.iter().map(|(_, money)| money.minor).sum();
        (ledger.captured(), duplicates, mismatches, ledger.refunded().minor)
    }

    fn payment_facts() -> Vec<ProviderFact> {
        vec![
            failed("a"),
            failed("c"),
            authorised("a"),
            authorised("b"),
            capture("a", rupees(149)),
            capture("b", rupees(149)),
            capture("b", rupees(148)),
            capture("d", rupees(1)),
        ]
    }

    fn repeated(facts: Vec<ProviderFact>) -> impl Strategy<Value = Vec<ProviderFact>> {
        let twice = [facts.clone(), facts].concat();
        Just(twice).prop_shuffle()
    }

    proptest! {
        #[test]
        fn facts_in_any_order_and_number_lead_to_the_same_money(
            facts in repeated(payment_facts()),
            expires_after in 0_usize..20,
        ) {
            let mut history = opened();
            for (index, fact) in facts.into_iter().enumerate() {
                if index == expires_after {
                    history = then(history, Expire, due());
                }
                history = then(history, apply(fact), now());
            }
            let counted = Some(rupees(149));
            prop_assert_eq!(money(&history), (counted, rupees(149).minor, rupees(149).minor, 0));
        }

        #[test]
        fn refund_facts_in_any_order_and_number_lead_to_the_same_money(
            facts in repeated(vec![refund_failed(60), refunded(60), refund_failed(61), capture("a", rupees(149))]),
        ) {
            let mut history = then(captured(), refund(60, rupees(100)), now());
            history = then(history, refund(61, rupees(49)), now());
            for fact in facts {
                history = then(history, apply(fact), now());
            }
            prop_assert_eq!(money(&history), (Some(rupees(149)), 0, 0, rupees(100).minor));
        }
    }
}
