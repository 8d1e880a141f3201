//! An organisation says what comes back when a candidate calls an interview off.

use async_trait::async_trait;
use domain::{
    ids::AccountId,
    interview::events::RefundTier,
    organisation::{Organisation, publish_cancellation_policy::PublishCancellationPolicy as Publish},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// What comes back from now on; what was booked before keeps its own conditions.
#[derive(Clone, Debug, Serialize)]
pub struct PublishCancellationPolicy {
    /// What comes back, in any order.
    pub tiers: Vec<RefundTier>,
    /// Who publishes it.
    pub by: AccountId,
}

#[async_trait]
impl UseCase for PublishCancellationPolicy {
    const OPERATION: &'static str = "publishCancellationPolicy";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let organisation = unit.tenant();
        let publish = Publish {
            organisation,
            tiers: self.tiers.clone(),
            by: self.by,
        };
        unit.decide::<Organisation>(organisation.uuid(), publish.into())
            .await?;
        Ok(())
    }
}
