//! Gives up waiting for the money.

use super::{
    Payment, Phase,
    events::{PaymentEvent, PaymentExpired},
};
use crate::aggregate::{Context, Decision, nothing, one};

/// It may have become due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expire;

/// A timer that comes too early, or after the money, finds nothing to record.
///
/// # Errors
/// `NotFound`, when there is no such payment.
pub fn decide(state: &Payment, _: &Expire, context: &Context) -> Decision<PaymentEvent> {
    let opened = state.opened()?;
    match opened.phase {
        Phase::Due if opened.due_at <= context.now => one(PaymentExpired {
            payment: opened.payment,
            interview: opened.interview,
        }),
        Phase::Due | Phase::Expired | Phase::Cancelled | Phase::Captured { .. } => nothing(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::decide,
        payment::given::{captured, due, expired, now, opened},
    };

    #[test]
    fn an_unpaid_payment_expires_once_when_it_is_due() {
        assert_eq!(decide::<Payment>(&opened(), Expire, now()), nothing());
        assert_eq!(decide::<Payment>(&opened(), Expire, due()).unwrap().len(), 1);
        assert_eq!(decide::<Payment>(&expired(), Expire, due()), nothing());
    }

    #[test]
    fn a_paid_payment_does_not_expire_and_an_unknown_one_is_not_found() {
        assert_eq!(decide::<Payment>(&captured(), Expire, due()), nothing());
        let unknown = decide::<Payment>(&[], Expire, due());
        assert_eq!(unknown.unwrap_err().code(), "NOT_FOUND");
    }
}
