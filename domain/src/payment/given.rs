//! Builders for tests of a payment's decisions.

use super::{
    Payment, PaymentCommand,
    apply_provider_fact::ApplyProviderFact,
    events::{PaymentEvent, RefundReason},
    expire::Expire,
    open::Open,
    request_refund::RequestRefund,
};
use crate::{
    given::{decide, id, rupees, utc},
    money::Money,
    price_list::events::Quote,
    provider_inbox::events::ProviderFact,
    time::Instant,
};

pub(super) fn now() -> Instant {
    utc("2026-05-04T10:00:00Z")
}

pub(super) fn due() -> Instant {
    utc("2026-05-04T10:15:00Z")
}

pub(super) fn open() -> Open {
    Open {
        payment: id(50),
        interview: id(10),
        payer: id(2),
        quote: Quote {
            price_list: id(51),
            version: 1,
            price: rupees(149),
            cost: rupees(50),
        },
        due_at: due(),
    }
}

pub(super) fn apply(fact: ProviderFact) -> ApplyProviderFact {
    ApplyProviderFact {
        provider: "fake".to_owned(),
        fact,
    }
}

pub(super) fn capture(attempt: &str, amount: Money) -> ProviderFact {
    ProviderFact::PaymentCaptured {
        payment: id(50),
        attempt: attempt.to_owned(),
        amount,
        at: now(),
    }
}

pub(super) fn refund(number: u128, amount: Money) -> RequestRefund {
    RequestRefund {
        refund: id(number),
        amount,
        reason: RefundReason::SlotLost,
    }
}

pub(super) fn then(
    mut history: Vec<PaymentEvent>,
    command: impl Into<PaymentCommand>,
    now: Instant,
) -> Vec<PaymentEvent> {
    history.extend(decide::<Payment>(&history, command, now).unwrap());
    history
}

pub(super) fn opened() -> Vec<PaymentEvent> {
    then(Vec::new(), open(), now())
}

pub(super) fn expired() -> Vec<PaymentEvent> {
    then(opened(), Expire, due())
}

pub(super) fn captured() -> Vec<PaymentEvent> {
    then(opened(), apply(capture("a", rupees(149))), now())
}
