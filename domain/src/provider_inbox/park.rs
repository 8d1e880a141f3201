//! Sets a message aside that has no place here, so that a person looks at it.

use super::{
    ProviderInbox,
    events::{ProviderEventParked, ProviderFact, ProviderInboxEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::InboxId,
    refusal::Refusal,
};

/// A message that was taken in and cannot be applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Park {
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

/// Once, also when several things in the message have no place: whoever looks sees the whole message.
///
/// # Errors
/// `NotFound`, when it was not taken in.
pub fn decide(state: &ProviderInbox, command: &Park) -> Decision<ProviderInboxEvent> {
    match state {
        ProviderInbox::Absent => Err(Refusal::NotFound { what: "message" }),
        ProviderInbox::Received { parked: true, .. } => nothing(),
        ProviderInbox::Received { parked: false, .. } => one(ProviderEventParked {
            inbox: command.inbox,
            provider: command.provider.clone(),
            endpoint: command.endpoint.clone(),
            provider_event: command.provider_event.clone(),
            fact: command.fact.clone(),
            code: command.code.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id, utc},
        provider_inbox::receive::Receive,
    };

    fn park() -> Park {
        Park {
            inbox: id(70),
            provider: "fake".to_owned(),
            endpoint: "default".to_owned(),
            provider_event: "evt_1".to_owned(),
            fact: ProviderFact::PaymentAuthorized {
                payment: id(1),
                attempt: "a".to_owned(),
            },
            code: "NOT_FOUND".to_owned(),
        }
    }

    #[test]
    fn a_message_is_set_aside_once() {
        let now = utc("2026-05-04T10:00:00Z");
        let receive = Receive {
            inbox: id(70),
            provider: "fake".to_owned(),
            endpoint: "default".to_owned(),
            provider_event: "evt_1".to_owned(),
            digest: "00".to_owned(),
            facts: Vec::new(),
        };
        let received = decide::<ProviderInbox>(&[], receive, now).unwrap();
        let parked = decide::<ProviderInbox>(&received, park(), now).unwrap();

        assert_eq!(parked.len(), 1);
        let history = [received, parked].concat();
        assert_eq!(decide::<ProviderInbox>(&history, park(), now), nothing());
    }

    #[test]
    fn what_was_not_taken_in_is_not_set_aside() {
        let unknown = decide::<ProviderInbox>(&[], park(), utc("2026-05-04T10:00:00Z"));

        assert_eq!(unknown.unwrap_err().code(), "NOT_FOUND");
    }
}
