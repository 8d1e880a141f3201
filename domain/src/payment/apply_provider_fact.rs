//! Takes in what a provider says has happened to a payment.

use super::{
    Ledger, Payment, Phase, Refund, RefundStatus,
    events::{
        DuplicateCaptureDetected, PaymentAttemptFailed, PaymentAuthorized, PaymentCaptured, PaymentEvent,
        PaymentMismatchDetected, RefundFailed, RefundProcessed,
    },
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::RefundId,
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
        Phase::Expired => true,
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

fn captured_again(opened: &Ledger, attempt: &str, amount: Money) -> Decision<PaymentEvent> {
    if opened.duplicates.contains_key(attempt) {
        return nothing();
    }
    one(DuplicateCaptureDetected {
        payment: opened.payment,
        interview: opened.interview,
        attempt: attempt.to_owned(),
        amount,
    })
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
