//! A message could not be delivered, for good.

use async_trait::async_trait;
use domain::{
    ids::NotificationId,
    notification::{Notification, NotificationCommand, events::Message, fail::Fail},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// The failure.
#[derive(Clone, Debug, Serialize)]
pub struct FailNotification {
    /// Which notification.
    pub notification: NotificationId,
    /// What and to whom.
    pub message: Message,
    /// Short code of the reason, such as an SMTP reply code.
    pub code: String,
}

#[async_trait]
impl UseCase for FailNotification {
    const OPERATION: &'static str = "failNotification";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let fail = Fail {
            notification: self.notification,
            message: self.message,
            code: self.code.clone(),
        };
        unit.decide::<Notification>(self.notification.uuid(), NotificationCommand::Fail(fail))
            .await?;
        Ok(())
    }
}
