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
        Phase::Due | Phase::Expired | Phase::Captured { .. } => nothing(),
    }
}
