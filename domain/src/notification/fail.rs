//! Recording that a message cannot be delivered.

use super::{
    Notification,
    events::{DeliveryFailed, Message, NotificationEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::NotificationId,
};

/// The message could not be delivered, for good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fail {
    /// Which notification.
    pub notification: NotificationId,
    /// What and to whom.
    pub message: Message,
    /// Short code of the reason, such as an SMTP reply code.
    pub code: String,
}

/// Nothing when it failed before.
///
/// # Errors
/// `WrongState` when it was accepted or suppressed.
pub fn decide(notification: Notification, command: &Fail) -> Decision<NotificationEvent> {
    match notification {
        Notification::Failed => nothing(),
        Notification::Accepted | Notification::Suppressed => Err(notification.other_outcome()),
        Notification::Open => one(DeliveryFailed {
            notification: command.notification,
            interview: command.message.interview,
            message: command.message,
            code: command.code.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::fold,
        notification::given::{accepted, fail, failed, suppressed},
        refusal::Refusal,
        testing::given,
    };

    #[test]
    fn a_message_fails_once() {
        given::<Notification>([]).when(fail()).then_once(failed());
    }

    #[test]
    fn a_message_that_was_taken_over_or_suppressed_does_not_fail() {
        given::<Notification>([accepted().into()])
            .when(fail())
            .then_refused(Refusal::WrongState {
                state: "the message was accepted",
            });
        given::<Notification>([suppressed().into()])
            .when(fail())
            .then_refused(Refusal::WrongState {
                state: "the message was suppressed",
            });
    }

    #[test]
    fn a_message_is_settled_by_whatever_became_of_it() {
        assert!(!Notification::Open.is_settled());
        assert!(fold::<Notification>(&[accepted().into()]).is_settled());
        assert!(fold::<Notification>(&[suppressed().into()]).is_settled());
        assert!(fold::<Notification>(&[failed().into()]).is_settled());
    }
}
