//! Notes the order that a provider made.

use super::{
    Payment,
    events::{PaymentEvent, PaymentOrderCreated},
};
use crate::{
    aggregate::{Decision, nothing, one},
    refusal::Refusal,
};

/// The order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordOrder {
    /// Configured name of the provider.
    pub provider: String,
    /// The provider's name for the order.
    pub order: String,
    /// Page where it can be paid, if the provider has one.
    pub checkout_url: Option<String>,
}

/// An order is noted whatever has become of the payment by then: it exists at the provider and may still be paid.
///
/// # Errors
/// `NotFound`, when there is no such payment; `WrongState`, when it has another order already.
pub fn decide(state: &Payment, command: &RecordOrder) -> Decision<PaymentEvent> {
    let opened = state.opened()?;
    if let Some(known) = &opened.order {
        return if (&known.provider, &known.order) == (&command.provider, &command.order) {
            nothing()
        } else {
            Err(Refusal::WrongState {
                state: "the payment has another order",
            })
        };
    }
    one(PaymentOrderCreated {
        payment: opened.payment,
        interview: opened.interview,
        provider: command.provider.clone(),
        order: command.order.clone(),
        checkout_url: command.checkout_url.clone(),
    })
}
