//! What a provider made of a refund.

use async_trait::async_trait;
use domain::{
    ids::{PaymentId, RefundId},
    payment::{Payment, apply_provider_fact::ApplyProviderFact},
    provider_inbox::events::ProviderFact,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// The provider's answer.
#[derive(Clone, Debug, Serialize)]
pub struct RecordRefund {
    /// Of which payment.
    pub payment: PaymentId,
    /// Which refund.
    pub refund: RefundId,
    /// Configured name of the provider.
    pub provider: String,
    /// What it said.
    pub answer: RefundAnswer,
}

/// What a provider can say to a refund.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundAnswer {
    /// The money is on its way.
    Paid {
        /// The provider's name for the refund.
        provider_refund: String,
    },
    /// It was taken on; a message of the provider will say how it ended.
    Taken,
    /// It was refused; a person should look.
    Refused {
        /// The provider's code for the reason.
        code: String,
    },
}

#[async_trait]
impl UseCase for RecordRefund {
    const OPERATION: &'static str = "recordRefund";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let (payment, refund) = (self.payment, self.refund);
        let fact = match self.answer.clone() {
            RefundAnswer::Taken => {
                unit.load::<Payment>(payment.uuid()).await?;
                return Ok(());
            }
            RefundAnswer::Paid { provider_refund } => ProviderFact::RefundProcessed {
                payment,
                refund,
                provider_refund,
            },
            RefundAnswer::Refused { code } => ProviderFact::RefundFailed {
                payment,
                refund,
                code,
            },
        };
        let provider = self.provider.clone();
        unit.decide::<Payment>(payment.uuid(), ApplyProviderFact { provider, fact }.into())
            .await?;
        Ok(())
    }
}
