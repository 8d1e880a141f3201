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
        attempt: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id, rupees},
        payment::{
            apply_provider_fact::ApplyProviderFact,
            given::{apply, captured, expired, now, opened, refund, then},
        },
        provider_inbox::events::ProviderFact,
    };

    fn failed(number: u128) -> ApplyProviderFact {
        apply(ProviderFact::RefundFailed {
            payment: id(50),
            refund: id(number),
            code: "declined".to_owned(),
        })
    }

    #[test]
    fn parts_go_back_until_nothing_is_left() {
        let first = then(captured(), refund(60, rupees(100)), now());
        let too_much = decide::<Payment>(&first, refund(61, rupees(50)), now());
        assert_eq!(too_much.unwrap_err().code(), "INVALID");
        assert!(decide::<Payment>(&first, refund(61, rupees(49)), now()).is_ok());
    }

    #[test]
    fn the_same_refund_again_is_nothing() {
        let first = then(captured(), refund(60, rupees(149)), now());
        assert_eq!(
            decide::<Payment>(&first, refund(60, rupees(149)), now()),
            nothing()
        );
    }

    #[test]
    fn a_refund_that_failed_can_be_asked_for_anew() {
        let first = then(captured(), refund(60, rupees(149)), now());
        let failed = then(first, failed(60), now());
        assert!(decide::<Payment>(&failed, refund(61, rupees(149)), now()).is_ok());
    }

    #[test]
    fn nothing_goes_back_of_what_was_not_paid() {
        let unpaid = decide::<Payment>(&opened(), refund(60, rupees(1)), now());
        let expired = decide::<Payment>(&expired(), refund(60, rupees(1)), now());
        assert_eq!(unpaid.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(expired.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn another_currency_and_an_amount_of_nothing_are_refused() {
        let dollars = Money {
            minor: 1,
            currency: "USD".parse().unwrap(),
        };
        let other = decide::<Payment>(&captured(), refund(60, dollars), now());
        let zero = decide::<Payment>(&captured(), refund(60, rupees(0)), now());
        assert_eq!(other.unwrap_err().code(), "INVALID");
        assert_eq!(zero.unwrap_err().code(), "INVALID");
    }

    #[test]
    fn nothing_goes_back_of_a_payment_that_was_never_opened() {
        let unknown = decide::<Payment>(&[], refund(60, rupees(1)), now());

        assert_eq!(unknown.unwrap_err().code(), "NOT_FOUND");
    }
}
