//! An address is made at which one's own interviews can be read by a calendar.

use async_trait::async_trait;
use domain::{
    account::{Account, create_calendar_feed::CreateCalendarFeed as Create},
    ids::{AccountId, CalendarFeedId},
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

/// Whose interviews are to be read.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CreateCalendarFeed {
    /// Whose.
    pub account: AccountId,
}

/// The feed that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeedMade {
    /// The feed.
    pub feed: CalendarFeedId,
}

#[async_trait]
impl UseCase for CreateCalendarFeed {
    const OPERATION: &'static str = "createCalendarFeed";
    type Output = FeedMade;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<FeedMade, CommandError> {
        let feed = unit.mint();
        let create = Create {
            account: self.account,
            feed,
        };
        unit.decide::<Account>(self.account.uuid(), create.into()).await?;
        Ok(FeedMade { feed })
    }
}
