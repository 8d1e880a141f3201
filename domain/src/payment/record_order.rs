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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::decide,
        payment::given::{expired, now, opened, then},
    };

    fn order(name: &str) -> RecordOrder {
        RecordOrder {
            provider: "fake".to_owned(),
            order: name.to_owned(),
            checkout_url: None,
        }
    }

    #[test]
    fn an_order_is_noted_once_even_after_expiry() {
        assert_eq!(decide::<Payment>(&opened(), order("o"), now()).unwrap().len(), 1);
        assert_eq!(decide::<Payment>(&expired(), order("o"), now()).unwrap().len(), 1);
        let noted = then(opened(), order("o"), now());
        assert_eq!(decide::<Payment>(&noted, order("o"), now()), nothing());
    }

    #[test]
    fn a_second_order_and_an_order_for_nothing_are_refused() {
        let noted = then(opened(), order("o"), now());
        let second = decide::<Payment>(&noted, order("p"), now());
        let unknown = decide::<Payment>(&[], order("o"), now());
        assert_eq!(second.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(unknown.unwrap_err().code(), "NOT_FOUND");
    }
}
