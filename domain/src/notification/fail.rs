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
