//! What carries messages took one over.

use async_trait::async_trait;
use domain::{
    ids::NotificationId,
    notification::{
        Notification, NotificationCommand,
        accept::Accept,
        events::{Channel, Message},
    },
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// The delivery.
#[derive(Clone, Debug, Serialize)]
pub struct RecordDelivery {
    /// Which notification.
    pub notification: NotificationId,
    /// What and to whom.
    pub message: Message,
    /// Its Message-ID.
    pub message_id: String,
    /// Where it went: the name of the transport, or the file in the data folder.
    pub via: String,
}

#[async_trait]
impl UseCase for RecordDelivery {
    const OPERATION: &'static str = "recordDelivery";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let accept = Accept {
            notification: self.notification,
            message: self.message,
            channel: Channel::Email,
            message_id: self.message_id.clone(),
            via: self.via.clone(),
        };
        unit.decide::<Notification>(self.notification.uuid(), NotificationCommand::Accept(accept))
            .await?;
        Ok(())
    }
}
