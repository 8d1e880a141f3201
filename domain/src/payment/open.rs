//! Asks for the price of an interview.

use super::{
    Payment,
    events::{PaymentEvent, PaymentOpened},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, InterviewId, PaymentId},
    price_list::events::Quote,
    refusal::Refusal,
    time::Instant,
};

/// What is to be paid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Open {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// Who pays.
    pub payer: AccountId,
    /// The price, and where it comes from.
    pub quote: Quote,
    /// Until when it counts.
    pub due_at: Instant,
}

/// # Errors
/// `Invalid` on `quote`, when its price is not more than zero; `WrongState` when the id stands for another payment.
pub fn decide(state: &Payment, command: &Open) -> Decision<PaymentEvent> {
    if let Payment::Opened(opened) = state {
        let same = (opened.interview, opened.payer, opened.quote)
            == (command.interview, command.payer, command.quote);
        return if same {
            nothing()
        } else {
            Err(Refusal::WrongState {
                state: "the payment is open for something else",
            })
        };
    }
    if command.quote.price.minor <= 0 {
        return Err(Refusal::invalid("quote", "the price must be more than zero"));
    }
    one(PaymentOpened {
        payment: command.payment,
        interview: command.interview,
        payer: command.payer,
        amount: command.quote.price,
        quote: command.quote,
        due_at: command.due_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id, rupees},
        payment::given::{now, open, opened},
    };

    #[test]
    fn a_payment_asks_for_the_price_of_its_quote_once() {
        let events = decide::<Payment>(&[], open(), now()).unwrap();
        assert!(matches!(&events[..], [PaymentEvent::PaymentOpened(event)] if event.amount == rupees(149)));
        assert_eq!(decide::<Payment>(&opened(), open(), now()), nothing());
    }

    #[test]
    fn another_payment_under_its_id_and_a_price_of_nothing_are_refused() {
        let another = Open {
            payer: id(3),
            ..open()
        };
        let mut free = open();
        free.quote.price = rupees(0);
        let another = decide::<Payment>(&opened(), another, now());
        assert_eq!(another.unwrap_err().code(), "WRONG_STATE");
        let free = decide::<Payment>(&[], free, now());
        assert_eq!(free.unwrap_err().code(), "INVALID");
    }
}
