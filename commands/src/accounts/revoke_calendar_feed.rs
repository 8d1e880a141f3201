//! An address for a calendar answers no longer.

use async_trait::async_trait;
use domain::{
    account::{Account, revoke_calendar_feed::RevokeCalendarFeed as Revoke},
    ids::{AccountId, CalendarFeedId},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// Which address.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RevokeCalendarFeed {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub feed: CalendarFeedId,
}

#[async_trait]
impl UseCase for RevokeCalendarFeed {
    const OPERATION: &'static str = "revokeCalendarFeed";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let revoke = Revoke {
            account: self.account,
            feed: self.feed,
        };
        unit.decide::<Account>(self.account.uuid(), revoke.into()).await?;
        Ok(())
    }
}
