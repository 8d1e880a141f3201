//! A provider has an order that can be paid.

use async_trait::async_trait;
use domain::{
    ids::PaymentId,
    payment::{Payment, record_order::RecordOrder},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// The order.
#[derive(Clone, Debug, Serialize)]
pub struct RecordPaymentOrder {
    /// Which payment.
    pub payment: PaymentId,
    /// Configured name of the provider.
    pub provider: String,
    /// The provider's name for the order.
    pub order: String,
    /// Page where it can be paid, if the provider has one.
    pub checkout_url: Option<String>,
}

#[async_trait]
impl UseCase for RecordPaymentOrder {
    const OPERATION: &'static str = "recordPaymentOrder";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let order = RecordOrder {
            provider: self.provider.clone(),
            order: self.order.clone(),
            checkout_url: self.checkout_url.clone(),
        };
        unit.decide::<Payment>(self.payment.uuid(), order.into()).await?;
        Ok(())
    }
}
