//! Recording that a message was taken over.

use super::{
    Notification,
    events::{Channel, DeliveryAccepted, Message, NotificationEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::NotificationId,
};

/// What carries the message took it over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accept {
    /// Which notification.
    pub notification: NotificationId,
    /// What and to whom.
    pub message: Message,
    /// How it travels.
    pub channel: Channel,
    /// Its Message-ID.
    pub message_id: String,
    /// Where it went: the name of the transport, or the file in the data folder.
    pub via: String,
}

/// Nothing when it was accepted. A message that failed may be accepted later, when a person had it tried again.
///
/// # Errors
/// `WrongState` when it was suppressed.
pub fn decide(notification: Notification, command: &Accept) -> Decision<NotificationEvent> {
    match notification {
        Notification::Accepted => nothing(),
        Notification::Suppressed => Err(notification.other_outcome()),
        Notification::Open | Notification::Failed => one(DeliveryAccepted {
            notification: command.notification,
            interview: command.message.interview,
            message: command.message,
            channel: command.channel,
            message_id: command.message_id.clone(),
            via: command.via.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        notification::given::{accept, accepted, failed, suppressed},
        refusal::Refusal,
        testing::given,
    };

    #[test]
    fn a_message_is_taken_over_once() {
        given::<Notification>([]).when(accept()).then_once(accepted());
    }

    #[test]
    fn a_message_that_failed_may_be_taken_over_later() {
        given::<Notification>([failed().into()])
            .when(accept())
            .then_once(accepted());
    }

    #[test]
    fn a_suppressed_message_is_not_taken_over() {
        given::<Notification>([suppressed().into()])
            .when(accept())
            .then_refused(Refusal::WrongState {
                state: "the message was suppressed",
            });
    }
}
