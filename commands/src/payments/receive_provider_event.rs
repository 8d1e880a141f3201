//! A provider's verified message: kept once under the provider's own event id, and applied to the payments it is about
//! in the same append. What has no place there is set aside for people, never dropped: it may be somebody's money.

use async_trait::async_trait;
use domain::{
    ids::{self, InboxId},
    payment::{Payment, apply_provider_fact::ApplyProviderFact},
    provider_inbox::{ProviderInbox, events::ProviderFact, park::Park, receive::Receive},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// A message.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiveProviderEvent {
    /// Configured name of the provider.
    pub provider: String,
    /// Which of the provider's accounts sent it.
    pub endpoint: String,
    /// The provider's own id of the event.
    pub provider_event: String,
    /// SHA-256 of the raw body, in hex.
    pub digest: String,
    /// What it says.
    #[serde(skip)]
    pub facts: Vec<ProviderFact>,
}

impl ReceiveProviderEvent {
    /// The stream that keeps it: the same message finds the same stream.
    pub fn inbox(&self) -> InboxId {
        ids::derive(&[
            self.provider.as_bytes(),
            self.endpoint.as_bytes(),
            self.provider_event.as_bytes(),
        ])
    }
}

#[async_trait]
impl UseCase for ReceiveProviderEvent {
    const OPERATION: &'static str = "receiveProviderEvent";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let inbox = self.inbox();
        let receive = Receive {
            inbox,
            provider: self.provider.clone(),
            endpoint: self.endpoint.clone(),
            provider_event: self.provider_event.clone(),
            digest: self.digest.clone(),
            facts: self.facts.clone(),
        };
        unit.decide::<ProviderInbox>(inbox.uuid(), receive.into()).await?;
        for fact in &self.facts {
            let apply = ApplyProviderFact {
                provider: self.provider.clone(),
                fact: fact.clone(),
            };
            match unit.decide::<Payment>(fact.payment().uuid(), apply.into()).await {
                Ok(_) => {}
                Err(CommandError::Refused(refusal)) => self.park(unit, fact, refusal.code()).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl ReceiveProviderEvent {
    async fn park(&self, unit: &mut Unit<'_>, fact: &ProviderFact, code: &str) -> Result<(), CommandError> {
        let inbox = self.inbox();
        let park = Park {
            inbox,
            provider: self.provider.clone(),
            endpoint: self.endpoint.clone(),
            provider_event: self.provider_event.clone(),
            fact: fact.clone(),
            code: code.to_owned(),
        };
        unit.decide::<ProviderInbox>(inbox.uuid(), park.into()).await?;
        Ok(())
    }
}
