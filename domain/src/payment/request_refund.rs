//! Sends money back.

use super::{
    Payment,
    events::{PaymentEvent, RefundReason, RefundRequested},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::RefundId,
    money::Money,
    refusal::Refusal,
};

/// What goes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestRefund {
    /// Which refund.
    pub refund: RefundId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
}

/// # Errors
/// `NotFound`, when there is no such payment; `WrongState`, when nothing was paid; `Invalid` on `amount`, when all
/// refunds together would be more than was paid (rule M4).
pub fn decide(state: &Payment, command: &RequestRefund) -> Decision<PaymentEvent> {
    let opened = state.opened()?;
    if opened.refunds.contains_key(&command.refund) {
        return nothing();
    }
    if opened.captured().is_none() {
        return Err(Refusal::WrongState {
            state: "nothing was paid",
        });
    }
    if command.amount.currency != opened.amount.currency {
        return Err(Refusal::invalid(
            "amount",
            "must be in the currency that was paid",
        ));
    }
    if command.amount.minor <= 0 {
        return Err(Refusal::invalid("amount", "must be more than zero"));
    }
    if command.amount.minor > opened.refundable().minor {
        return Err(Refusal::invalid(
            "amount",
            "must not be more than is left of what was paid",
        ));
    }
    one(RefundRequested {
        payment: opened.payment,
        interview: opened.interview,
        refund: command.refund,
        amount: command.amount,
        reason: command.reason,
    })
}
