//! A message is not sent, and will not be.

use async_trait::async_trait;
use domain::{
    ids::NotificationId,
    notification::{
        Notification, NotificationCommand,
        events::{Message, SuppressReason},
        suppress::Suppress,
    },
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// The message that stays unsent.
#[derive(Clone, Debug, Serialize)]
pub struct SuppressNotification {
    /// Which notification.
    pub notification: NotificationId,
    /// What and to whom.
    pub message: Message,
    /// Why.
    pub reason: SuppressReason,
}

#[async_trait]
impl UseCase for SuppressNotification {
    const OPERATION: &'static str = "suppressNotification";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let suppress = Suppress {
            notification: self.notification,
            message: self.message,
            reason: self.reason,
        };
        unit.decide::<Notification>(self.notification.uuid(), NotificationCommand::Suppress(suppress))
            .await?;
        Ok(())
    }
}
