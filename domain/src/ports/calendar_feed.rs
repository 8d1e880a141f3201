//! Calendars that other servers give, at addresses that strangers write.

use std::time::Duration;

use async_trait::async_trait;

use crate::external_calendar::{CalendarError, FeedAddress};

/// By what a server knows whether we have its present answer already.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Validators {
    /// Its name for the answer.
    pub etag: Option<String>,
    /// Since when it is so, as the server wrote it.
    pub last_modified: Option<String>,
}

/// What a server answered.
#[derive(Clone, PartialEq, Eq)]
pub enum Fetched {
    /// It is as it was when the validators were given.
    Unchanged,
    /// A file.
    File {
        /// Its text.
        text: String,
        /// For the next time.
        validators: Validators,
    },
}

/// Says nothing of what is in the calendar.
impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unchanged => "Unchanged",
            Self::File { .. } => "File",
        })
    }
}

/// Why a calendar was not fetched this time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the calendar was not fetched: {}", reason.code())]
pub struct NotFetched {
    /// Why.
    pub reason: CalendarError,
    /// How long the server wants to be left alone, if it said so.
    pub retry_after: Option<Duration>,
}

impl From<CalendarError> for NotFetched {
    fn from(reason: CalendarError) -> Self {
        Self {
            reason,
            retry_after: None,
        }
    }
}

/// Fetches calendars. Only addresses that are public are asked, whatever their names or redirects lead to; answers are bounded;
/// nothing of an address is logged.
#[async_trait]
pub trait CalendarFeeds: Send + Sync + 'static {
    /// Whether an address may be asked, as its name stands now. It is looked at again whenever it is asked.
    ///
    /// # Errors
    /// `NotPublic`, `Unreachable` when the name is none.
    async fn check(&self, address: &FeedAddress) -> Result<(), CalendarError>;

    /// Fetches a calendar unless it is as it was.
    ///
    /// # Errors
    /// [`NotFetched`].
    async fn fetch(&self, address: &FeedAddress, known: &Validators) -> Result<Fetched, NotFetched>;
}
