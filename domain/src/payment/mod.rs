//! A payment, from the order to the last refund. One stream per payment.
//!
//! Providers repeat, reorder and omit what they tell us. The fold keeps what it has heard by attempt and by refund, so
//! that the same facts in any order and number lead to the same money (rules M2 and M4).

pub mod apply_provider_fact;
pub mod cancel;
pub mod events;
pub mod expire;
#[cfg(test)]
pub(crate) mod given;
pub mod open;
pub mod record_order;
pub mod request_refund;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    apply_provider_fact::ApplyProviderFact,
    cancel::Cancel,
    events::{PaymentEvent, PaymentOpened, RefundReason},
    expire::Expire,
    open::Open,
    record_order::RecordOrder,
    request_refund::RequestRefund,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::{AccountId, InterviewId, PaymentId, RefundId},
    money::Money,
    price_list::events::Quote,
    refusal::Refusal,
    time::Instant,
};

/// A payment, if it was opened.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Payment {
    /// There is none.
    #[default]
    Absent,
    /// It was asked for.
    Opened(Box<Ledger>),
}

/// What was asked for and what came of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// Who pays.
    pub payer: AccountId,
    /// How much.
    pub amount: Money,
    /// Where the price comes from.
    pub quote: Quote,
    /// Until when it counts.
    pub due_at: Instant,
    /// The provider's order, once there is one.
    pub order: Option<Order>,
    /// How far it has come.
    pub phase: Phase,
    /// Refunds by id.
    pub refunds: BTreeMap<RefundId, Refund>,
    failed: BTreeSet<String>,
    authorized: BTreeSet<String>,
    duplicates: BTreeMap<String, Money>,
    mismatches: Vec<(String, Money)>,
}

/// An order at a provider.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// Configured name of the provider.
    pub provider: String,
    /// The provider's name for the order.
    pub order: String,
    /// Page where it can be paid, if the provider has one.
    pub checkout_url: Option<String>,
}

/// How far a payment has come; it only goes forward, and from `Expired` and `Cancelled` on only to `Captured`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// Not paid yet.
    Due,
    /// Not paid in time.
    Expired,
    /// Not to be paid any more.
    Cancelled,
    /// Paid.
    Captured {
        /// The provider's name for the attempt that counts.
        attempt: String,
        /// True when the payment had expired by then.
        late: bool,
    },
}

/// Money that goes back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Refund {
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// How far it has come.
    pub status: RefundStatus,
    /// The provider's name for the attempt whose money goes back, when it is not the one that counts.
    pub attempt: Option<String>,
}

/// How far a refund has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum RefundStatus {
    /// Asked for.
    Requested,
    /// Refused by the provider.
    Failed,
    /// Paid out; the last word, also when a refusal is heard of afterwards.
    Processed,
}

commands! {
    /// What can be asked of a payment.
    pub enum PaymentCommand {
        /// Asks for money.
        Open(Open),
        /// Notes the provider's order.
        RecordOrder(RecordOrder),
        /// Takes in what a provider says has happened.
        ApplyProviderFact(ApplyProviderFact),
        /// Gives up waiting.
        Expire(Expire),
        /// Waits no longer, because what it is for was called off.
        Cancel(Cancel),
        /// Sends money back.
        RequestRefund(RequestRefund),
    }
}

impl Payment {
    /// The payment that was opened.
    ///
    /// # Errors
    /// `NotFound`, when there is none.
    pub fn opened(&self) -> Result<&Ledger, Refusal> {
        match self {
            Self::Absent => Err(Refusal::NotFound { what: "payment" }),
            Self::Opened(ledger) => Ok(ledger),
        }
    }
}

impl Ledger {
    /// What was paid and counts: the amount asked for, or nothing.
    pub const fn captured(&self) -> Option<Money> {
        match self.phase {
            Phase::Due | Phase::Expired | Phase::Cancelled => None,
            Phase::Captured { .. } => Some(self.amount),
        }
    }

    /// What went back or is asked to, of the money that counts; refunds that the provider refused do not.
    pub fn refunded(&self) -> Money {
        let of_what_counts = self.refunds.values().filter(|refund| refund.attempt.is_none());
        let counted = of_what_counts.filter(|refund| match refund.status {
            RefundStatus::Requested | RefundStatus::Processed => true,
            RefundStatus::Failed => false,
        });
        let minor = counted.fold(0_i64, |sum, refund| sum.saturating_add(refund.amount.minor));
        Money { minor, ..self.amount }
    }

    /// What may still be sent back; nothing before it was paid.
    pub fn refundable(&self) -> Money {
        let captured = self.captured().map_or(0, |money| money.minor);
        let minor = captured.saturating_sub(self.refunded().minor).max(0);
        Money { minor, ..self.amount }
    }
}

impl Aggregate for Payment {
    const CATEGORY: Category = Category::Payment;
    type Event = PaymentEvent;
    type Command = PaymentCommand;

    fn decide(&self, command: &PaymentCommand, context: &Context) -> Decision<PaymentEvent> {
        match command {
            PaymentCommand::Open(command) => open::decide(self, command),
            PaymentCommand::RecordOrder(command) => record_order::decide(self, command),
            PaymentCommand::ApplyProviderFact(command) => apply_provider_fact::decide(self, command, context),
            PaymentCommand::Expire(command) => expire::decide(self, command, context),
            PaymentCommand::Cancel(command) => cancel::decide(self, command),
            PaymentCommand::RequestRefund(command) => request_refund::decide(self, command),
        }
    }

    fn evolve(self, event: &PaymentEvent) -> Self {
        if let PaymentEvent::PaymentOpened(event) = event {
            return Self::Opened(Box::new(opened(event)));
        }
        match self {
            Self::Absent => Self::Absent,
            Self::Opened(mut ledger) => {
                ledger.apply(event);
                Self::Opened(ledger)
            }
        }
    }
}

fn opened(event: &PaymentOpened) -> Ledger {
    Ledger {
        payment: event.payment,
        interview: event.interview,
        payer: event.payer,
        amount: event.amount,
        quote: event.quote,
        due_at: event.due_at,
        order: None,
        phase: Phase::Due,
        refunds: BTreeMap::new(),
        failed: BTreeSet::new(),
        authorized: BTreeSet::new(),
        duplicates: BTreeMap::new(),
        mismatches: Vec::new(),
    }
}

impl Ledger {
    fn apply(&mut self, event: &PaymentEvent) {
        match event {
            PaymentEvent::PaymentOpened(_) => {}
            PaymentEvent::PaymentOrderCreated(event) => {
                self.order = Some(Order {
                    provider: event.provider.clone(),
                    order: event.order.clone(),
                    checkout_url: event.checkout_url.clone(),
                });
            }
            PaymentEvent::PaymentAttemptFailed(event) => {
                self.failed.insert(event.attempt.clone());
            }
            PaymentEvent::PaymentAuthorized(event) => {
                self.authorized.insert(event.attempt.clone());
            }
            PaymentEvent::PaymentCaptured(event) => {
                self.phase = Phase::Captured {
                    attempt: event.attempt.clone(),
                    late: event.late,
                };
            }
            PaymentEvent::DuplicateCaptureDetected(event) => {
                self.duplicates.insert(event.attempt.clone(), event.amount);
            }
            PaymentEvent::PaymentMismatchDetected(event) => {
                self.mismatches.push((event.attempt.clone(), event.actual));
            }
            PaymentEvent::PaymentExpired(_) => self.phase = Phase::Expired,
            PaymentEvent::PaymentCancelled(_) => self.phase = Phase::Cancelled,
            PaymentEvent::RefundRequested(event) => {
                let refund = Refund {
                    amount: event.amount,
                    reason: event.reason,
                    status: RefundStatus::Requested,
                    attempt: event.attempt.clone(),
                };
                self.refunds.insert(event.refund, refund);
            }
            PaymentEvent::RefundProcessed(event) => {
                self.set_refund(event.refund, RefundStatus::Processed);
            }
            PaymentEvent::RefundFailed(event) => self.set_refund(event.refund, RefundStatus::Failed),
        }
    }

    fn set_refund(&mut self, refund: RefundId, status: RefundStatus) {
        if let Some(refund) = self.refunds.get_mut(&refund) {
            refund.status = status;
        }
    }
}

forward_to_cqrs_es!(Payment);
