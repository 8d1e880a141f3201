//! What resolvers work with.

use std::{sync::Arc, time::Duration};

use async_graphql::Context;
use domain::{
    envelope::Position,
    ports::{blob::BlobStore, calendar_feed::CalendarFeeds, clock::Clock, video::VideoProvider},
};
use projections::{as_of::Past, projections::Projections, sql::Db};
use store::{codec::Codec, executor::Executor, log::Log, vault::Vault};

use super::{effects_overview::EffectsOverview, viewer::Asker};
use crate::{
    error::{ApiError, ErrorCode},
    tries::Tries,
};

/// How long a mutation waits for the read models to pass it.
const READ_YOUR_WRITES: Duration = Duration::from_secs(2);

/// Everything behind the API.
#[derive(Clone)]
pub struct Services {
    /// Runs commands.
    pub executor: Arc<Executor>,
    /// Opens sealed values.
    pub vault: Arc<Vault>,
    /// Reads stored events.
    pub codec: Codec,
    /// The log, for timelines, time travel and subscriptions.
    pub log: Arc<dyn Log>,
    /// What read models said at a moment of the past.
    pub past: Past,
    /// The read models.
    pub projections: Arc<Projections>,
    /// Business time.
    pub clock: Arc<dyn Clock>,
    /// Gives tickets for rooms.
    pub video: Arc<dyn VideoProvider>,
    /// Keeps sealed transcripts.
    pub blobs: Arc<dyn BlobStore>,
    /// Knows which addresses of calendars may be asked.
    pub feeds: Arc<dyn CalendarFeeds>,
    /// What the server is called from outside, for links.
    pub public_url: url::Url,
    /// Version of the instructions to whatever writes reports at present.
    pub prompt_version: String,
    /// Counts who guesses codes and passwords.
    pub tries: Arc<Tries>,
    /// Knows what became of deeds in the outside world.
    pub effects: Arc<dyn EffectsOverview>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Services")
    }
}

impl Services {
    /// The tables of the read models.
    pub fn db(&self) -> &Db {
        self.projections.db()
    }

    /// True when the read models passed a position in time.
    pub async fn passed(&self, position: Position) -> bool {
        self.projections
            .wait_for(position, READ_YOUR_WRITES)
            .await
            .is_ok()
    }

    /// Waits until a query may be answered that wants to see a position.
    ///
    /// # Errors
    /// `STALE_READ` when the read models do not get there in time.
    pub async fn at_least(&self, position: Position) -> Result<(), ApiError> {
        if self.passed(position).await {
            return Ok(());
        }
        Err(ApiError::new(
            ErrorCode::StaleRead,
            "the read models have not reached that position yet",
        ))
    }
}

/// The services of a request.
pub fn services<'a>(ctx: &Context<'a>) -> &'a Services {
    ctx.data_unchecked()
}

/// Whoever sent a request.
pub fn asker<'a>(ctx: &Context<'a>) -> &'a Asker {
    ctx.data_opt().unwrap_or(&Asker::Anonymous)
}
