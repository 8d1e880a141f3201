//! What can happen to a payment: one stream from the order to the last refund.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AccountId, InterviewId, PaymentId, RefundId},
    money::Money,
    price_list::events::Quote,
    time::Instant,
};

/// A payment was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentOpened {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// Who pays.
    pub payer: AccountId,
    /// How much: the quote's price.
    pub amount: Money,
    /// Where the price comes from.
    pub quote: Quote,
    /// Until when it counts.
    pub due_at: Instant,
}

/// The provider has an order that can be paid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentOrderCreated {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// Configured name of the provider.
    pub provider: String,
    /// The provider's name for the order.
    pub order: String,
    /// Page where it can be paid, if the provider has one.
    pub checkout_url: Option<String>,
}

/// The payer tried, and the provider refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentAttemptFailed {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// The provider's name for the attempt.
    pub attempt: String,
    /// The provider's code for the reason.
    pub code: String,
}

/// The money is reserved, not yet taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentAuthorized {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// The provider's name for the attempt.
    pub attempt: String,
}

/// The money is ours. Happens once for a payment, whatever the provider repeats.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentCaptured {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// The provider's name for the attempt.
    pub attempt: String,
    /// How much: the amount asked for.
    pub amount: Money,
    /// When, by the provider's word.
    pub captured_at: Instant,
    /// True when the payment had expired before we heard of it.
    pub late: bool,
}

/// A second attempt was captured for the same payment. It does not count, and goes back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DuplicateCaptureDetected {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// The provider's name for the second attempt.
    pub attempt: String,
    /// How much.
    pub amount: Money,
}

/// What was captured is not what was asked for; it does not count as paid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentMismatchDetected {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// The provider's name for the attempt.
    pub attempt: String,
    /// What was asked for.
    pub expected: Money,
    /// What came.
    pub actual: Money,
}

/// It was not paid in time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentExpired {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
}

/// It need not be paid any more: what it was for was called off.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentCancelled {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
}

/// Why money goes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// Paid after the hold had died, and the slot was gone.
    SlotLost,
    /// The interview was called off.
    Cancelled,
    /// No interviewer came.
    InterviewerAbsent,
    /// Paid a second time.
    PaidTwice,
}

/// Money is to go back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RefundRequested {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// Which refund.
    pub refund: RefundId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// The provider's name for the attempt whose money goes back, when it is not the one that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
}

/// The provider paid it back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RefundProcessed {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// Which refund.
    pub refund: RefundId,
    /// The provider's name for it.
    pub provider_refund: String,
}

/// The provider could not pay it back; a person should look.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RefundFailed {
    /// Which payment.
    pub payment: PaymentId,
    /// For which interview.
    pub interview: InterviewId,
    /// Which refund.
    pub refund: RefundId,
    /// The provider's code for the reason.
    pub code: String,
}

events! {
    /// What can happen to a payment.
    pub enum PaymentEvent in Category::Payment {
        PaymentOpened = "payment.opened" v 1 links(interview, payer),
        PaymentOrderCreated = "payment.order_created" v 1 links(interview),
        PaymentAttemptFailed = "payment.attempt_failed" v 1 links(interview),
        PaymentAuthorized = "payment.authorized" v 1 links(interview),
        PaymentCaptured = "payment.captured" v 1 links(interview),
        DuplicateCaptureDetected = "payment.duplicate_capture_detected" v 1 links(interview),
        PaymentMismatchDetected = "payment.mismatch_detected" v 1 links(interview),
        PaymentExpired = "payment.expired" v 1 links(interview),
        PaymentCancelled = "payment.cancelled" v 1 links(interview),
        RefundRequested = "payment.refund_requested" v 1 links(interview),
        RefundProcessed = "payment.refund_processed" v 1 links(interview),
        RefundFailed = "payment.refund_failed" v 1 links(interview),
    }
}
