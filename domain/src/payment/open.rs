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
