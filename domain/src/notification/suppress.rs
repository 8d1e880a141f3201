//! Not sending a message.

use super::{
    Notification,
    events::{Message, NotificationEvent, NotificationSuppressed, SuppressReason},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::NotificationId,
};

/// The message is not sent, and never will be (rule N1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suppress {
    /// Which notification.
    pub notification: NotificationId,
    /// What and to whom.
    pub message: Message,
    /// Why.
    pub reason: SuppressReason,
}

/// Nothing when it was suppressed. A message that failed may be suppressed when it is tried again.
///
/// # Errors
/// `WrongState` when it was accepted.
pub fn decide(notification: Notification, command: &Suppress) -> Decision<NotificationEvent> {
    match notification {
        Notification::Suppressed => nothing(),
        Notification::Accepted => Err(notification.other_outcome()),
        Notification::Open | Notification::Failed => one(NotificationSuppressed {
            notification: command.notification,
            interview: command.message.interview,
            message: command.message,
            reason: command.reason,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        notification::given::{accepted, failed, suppress, suppressed},
        refusal::Refusal,
        testing::given,
    };

    #[test]
    fn a_message_is_suppressed_once() {
        given::<Notification>([]).when(suppress()).then_once(suppressed());
    }

    #[test]
    fn a_message_that_failed_may_be_suppressed_later() {
        given::<Notification>([failed().into()])
            .when(suppress())
            .then_once(suppressed());
    }

    #[test]
    fn a_message_that_was_taken_over_is_not_suppressed() {
        given::<Notification>([accepted().into()])
            .when(suppress())
            .then_refused(Refusal::WrongState {
                state: "the message was accepted",
            });
    }
}
