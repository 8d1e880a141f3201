//! Takes in a verified message of a provider.

use super::{
    ProviderInbox,
    events::{ProviderEventReceived, ProviderFact, ProviderInboxEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::InboxId,
};

/// A message whose signature was checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receive {
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

/// # Errors
/// None: a repeated message is taken in already.
pub fn decide(state: &ProviderInbox, command: &Receive) -> Decision<ProviderInboxEvent> {
    match state {
        ProviderInbox::Received { .. } => nothing(),
        ProviderInbox::Absent => one(ProviderEventReceived {
            inbox: command.inbox,
            provider: command.provider.clone(),
            endpoint: command.endpoint.clone(),
            provider_event: command.provider_event.clone(),
            digest: command.digest.clone(),
            facts: command.facts.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{decide, id, utc};

    #[test]
    fn a_message_is_taken_in_once() {
        let receive = || Receive {
            inbox: id(70),
            provider: "fake".to_owned(),
            endpoint: "default".to_owned(),
            provider_event: "evt_1".to_owned(),
            digest: "00".to_owned(),
            facts: Vec::new(),
        };
        let now = utc("2026-05-04T10:00:00Z");
        let taken_in = decide::<ProviderInbox>(&[], receive(), now).unwrap();
        assert_eq!(taken_in.len(), 1);
        assert_eq!(decide::<ProviderInbox>(&taken_in, receive(), now), nothing());
    }
}
