//! What providers told us: one stream for each message, named by the provider's own event id, so that a repeated
//! message finds the stream already there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{InboxId, PaymentId, RefundId},
    money::Money,
    time::Instant,
};

/// One thing a provider says has happened, in our words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ProviderFact {
    /// The payer tried and was refused.
    PaymentFailed {
        /// Which payment.
        payment: PaymentId,
        /// The provider's name for the attempt.
        attempt: String,
        /// The provider's code for the reason.
        code: String,
    },
    /// The money is reserved.
    PaymentAuthorized {
        /// Which payment.
        payment: PaymentId,
        /// The provider's name for the attempt.
        attempt: String,
    },
    /// The money was taken.
    PaymentCaptured {
        /// Which payment.
        payment: PaymentId,
        /// The provider's name for the attempt.
        attempt: String,
        /// How much.
        amount: Money,
        /// When.
        at: Instant,
    },
    /// A refund was paid out.
    RefundProcessed {
        /// Which payment.
        payment: PaymentId,
        /// Which refund.
        refund: RefundId,
        /// The provider's name for it.
        provider_refund: String,
    },
    /// A refund was refused.
    RefundFailed {
        /// Which payment.
        payment: PaymentId,
        /// Which refund.
        refund: RefundId,
        /// The provider's code for the reason.
        code: String,
    },
}

/// A verified message of a provider, complete enough to act on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProviderEventReceived {
    /// Which message.
    pub inbox: InboxId,
    /// Configured name of the provider.
    pub provider: String,
    /// Which of the provider's accounts sent it.
    pub endpoint: String,
    /// The provider's own id of the event.
    pub provider_event: String,
    /// SHA-256 of the raw body, in hex.
    pub digest: String,
    /// What it says.
    pub facts: Vec<ProviderFact>,
}

/// A message has no place here: it is about a payment or refund that we do not know, or not with that provider. A
/// person should look at it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProviderEventParked {
    /// Which message.
    pub inbox: InboxId,
    /// Configured name of the provider.
    pub provider: String,
    /// Which of the provider's accounts sent it.
    pub endpoint: String,
    /// The provider's own id of the event.
    pub provider_event: String,
    /// What has no place.
    pub fact: ProviderFact,
    /// Code of the refusal.
    pub code: String,
}

impl ProviderFact {
    /// The payment it is about.
    pub const fn payment(&self) -> PaymentId {
        match self {
            Self::PaymentFailed { payment, .. }
            | Self::PaymentAuthorized { payment, .. }
            | Self::PaymentCaptured { payment, .. }
            | Self::RefundProcessed { payment, .. }
            | Self::RefundFailed { payment, .. } => *payment,
        }
    }
}

events! {
    /// What can happen to a provider's message.
    pub enum ProviderInboxEvent in Category::ProviderInbox {
        ProviderEventReceived = "provider_inbox.received" v 1,
        ProviderEventParked = "provider_inbox.parked" v 1,
    }
}
