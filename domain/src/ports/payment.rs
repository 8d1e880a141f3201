//! Taking money and giving it back.

use async_trait::async_trait;

use crate::{
    ids::{EffectId, InterviewId, OrganisationId, PaymentId, RefundId},
    money::Money,
    ports::error::ProviderError,
    provider_inbox::events::ProviderFact,
    time::Instant,
};

/// Somebody who can collect a payment and pay it back.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Configured name, as it stands in events and in webhook addresses.
    fn name(&self) -> &str;

    /// Makes an order that the payer can pay. Asked again with the same key or for the same payment it gives the same
    /// order, also after a crash on either side.
    ///
    /// # Errors
    /// [`ProviderError`]; after an unknown outcome asking again is safe.
    async fn create_order(&self, request: &OrderRequest) -> Result<Order, ProviderError>;

    /// Gives money back. Asked again with the same key or for the same refund it gives the same answer and no second
    /// refund.
    ///
    /// # Errors
    /// [`ProviderError`]; after an unknown outcome asking again is safe.
    async fn refund(&self, request: &RefundRequest) -> Result<RefundTaken, ProviderError>;
}

/// What an order needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRequest {
    /// The effect that asks, and so the idempotency key.
    pub key: EffectId,
    /// Whose payment it is; comes back in the provider's messages.
    pub tenant: OrganisationId,
    /// Which payment; comes back in the provider's messages.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// How much.
    pub amount: Money,
    /// What the payer reads: the title of the interview type. Nothing about a person.
    pub title: String,
}

/// An order that can be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The provider's name for it.
    pub order: String,
    /// Page where it can be paid, if the provider has one.
    pub checkout_url: Option<String>,
}

/// What a refund needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// The effect that asks, and so the idempotency key.
    pub key: EffectId,
    /// Which payment.
    pub payment: PaymentId,
    /// The provider's name for the order, if one was made.
    pub order: Option<String>,
    /// The provider's name for the attempt whose money goes back.
    pub attempt: String,
    /// Which refund; comes back in the provider's messages.
    pub refund: RefundId,
    /// How much, at most what was captured and not yet given back.
    pub amount: Money,
}

/// A refund that the provider has taken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundTaken {
    /// The provider's name for it.
    pub provider_refund: String,
    /// True when the money is on its way; false when a later message will say so.
    pub settled: bool,
}

/// Tells a provider's messages from forgeries and reads them.
pub trait WebhookVerifier: Send + Sync {
    /// Checks the signature over the raw bytes in constant time, then the age, then reads the message strictly.
    ///
    /// Header names are compared without regard to case. `now` is business time.
    ///
    /// # Errors
    /// [`WebhookError`]; nothing of the body is trusted before the signature was found right.
    fn verify(
        &self,
        headers: &[(String, String)],
        raw_body: &[u8],
        now: Instant,
    ) -> Result<ProviderMessage, WebhookError>;
}

/// A message of a provider, proven and read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderMessage {
    /// The provider's own id of the event, the same in every repetition.
    pub provider_event: String,
    /// Whose it is.
    pub tenant: OrganisationId,
    /// What it says; empty for a message that we have no use for.
    pub facts: Vec<ProviderFact>,
}

/// Why a message was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// No signature, or one that is wrong.
    #[error("the signature of the message is missing or wrong")]
    Forged,
    /// Rightly signed, but too long ago or in the future: perhaps a replay.
    #[error("the message was signed too long ago or in the future")]
    Stale,
    /// Rightly signed, but not a message we understand.
    #[error("the message cannot be read")]
    Malformed,
}
