//! Calendars that people keep elsewhere, as far as they say when somebody is busy.
//!
//! A calendar file is somebody else's text: it is read line by line, with an end to everything, and nothing of it is kept but
//! times. What recurs is followed by [`crate::recurrence`]. Entries that are cancelled or marked as free do not count, and
//! neither do our own interviews that come back in a feed.

mod lines;
mod read;
#[cfg(test)]
mod tests;
mod zones;

use chrono::{Datelike, Duration, NaiveTime};
use url::Url;

pub use self::read::busy;
use crate::{
    recurrence::RecurrenceError,
    time::{Instant, Span},
};

/// Most bytes of a calendar file.
pub const MAX_FILE_BYTES: usize = 5 * 1024 * 1024;

/// Most times of one calendar after those that touch were put together; every search for a slot looks at them.
pub const MOST_TIMES: usize = 5_000;

/// Most bytes of the address of a calendar.
pub const MAX_ADDRESS_BYTES: usize = 2_048;

/// Days that are looked ahead from the beginning of a week: more than any horizon within which slots are offered.
const AHEAD: Duration = Duration::weeks(54);

/// Why a calendar cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CalendarError {
    /// It is no calendar.
    #[error("this is no calendar file (iCalendar, RFC 5545)")]
    NotACalendar,
    /// It has more bytes than are read.
    #[error("the calendar has more than 5 MiB")]
    TooLarge,
    /// It has more times than are kept.
    #[error("the calendar has too many entries within a year")]
    TooManyTimes,
    /// An entry cannot be understood: a date, a duration, or a property that is missing.
    #[error("an entry of the calendar has a wrong {0}")]
    BadEntry(&'static str),
    /// Times are in a zone that neither the database of zones nor the calendar describes.
    #[error("the calendar has times in a zone that nobody knows")]
    UnknownZone,
    /// An entry recurs by a rule that is not followed.
    #[error("an entry of the calendar recurs by a rule that is not followed: {0}")]
    Rule(RecurrenceError),
    /// The address is not one of a calendar that can be fetched.
    #[error(
        "the address must be https:// or http://, without user and password, and no longer than 2,048 bytes"
    )]
    BadAddress,
    /// The address leads inward, or its name does.
    #[error("the address leads to a place that is not public")]
    NotPublic,
    /// Nobody answers at the address.
    #[error("nobody answers at the address of the calendar")]
    Unreachable,
    /// Whoever answers at the address gives no calendar.
    #[error("the server of the calendar answers with an error")]
    Refused,
    /// The address leads on and on.
    #[error("the address of the calendar leads on too often")]
    TooManyRedirects,
}

impl CalendarError {
    /// The stable name of the reason, for clients.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotACalendar => "CALENDAR_UNREADABLE",
            Self::TooLarge => "CALENDAR_TOO_LARGE",
            Self::TooManyTimes => "CALENDAR_TOO_MANY_TIMES",
            Self::BadEntry(_) => "CALENDAR_ENTRY_INVALID",
            Self::UnknownZone => "CALENDAR_ZONE_UNKNOWN",
            Self::Rule(RecurrenceError::TooMany(_) | RecurrenceError::TooMuchWork) => {
                "CALENDAR_TOO_MANY_TIMES"
            }
            Self::Rule(
                RecurrenceError::TooLong
                | RecurrenceError::NoFrequency
                | RecurrenceError::UnknownPart
                | RecurrenceError::Repeated(_)
                | RecurrenceError::BadValue(_)
                | RecurrenceError::Contradiction(..),
            ) => "CALENDAR_RULE_INVALID",
            Self::BadAddress => "CALENDAR_ADDRESS_INVALID",
            Self::NotPublic => "CALENDAR_ADDRESS_NOT_PUBLIC",
            Self::Unreachable => "CALENDAR_UNREACHABLE",
            Self::Refused => "CALENDAR_REFUSED",
            Self::TooManyRedirects => "CALENDAR_REDIRECTS",
        }
    }
}

impl From<RecurrenceError> for CalendarError {
    fn from(error: RecurrenceError) -> Self {
        Self::Rule(error)
    }
}

/// The stretch of time for which busy times are kept at a moment: from the Monday of the present week in UTC, 54 weeks on. It
/// moves once a week, so that a calendar that does not change tells of nothing new in between.
pub fn window(now: Instant) -> Span {
    let since = i64::from(now.weekday().num_days_from_monday());
    let monday = now.date_naive() - Duration::days(since);
    let start = monday.and_time(NaiveTime::MIN).and_utc();
    Span {
        start,
        end: start + AHEAD,
    }
}

/// The address of a calendar that somebody else serves. It is as secret as what can be read there, so it shows nothing but the
/// end of its host.
#[derive(Clone, PartialEq, Eq)]
pub struct FeedAddress(Url);

impl FeedAddress {
    /// Reads an address; `webcal://` is `https://`.
    ///
    /// # Errors
    /// `BadAddress` for anything but a web address, and for one with user and password.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let text = text.trim();
        let https = text
            .strip_prefix("webcal://")
            .or_else(|| text.strip_prefix("webcals://"))
            .map(|rest| format!("https://{rest}"));
        let text = https.as_deref().unwrap_or(text);
        if text.len() > MAX_ADDRESS_BYTES {
            return Err(CalendarError::BadAddress);
        }
        let url = Url::parse(text).map_err(|_| CalendarError::BadAddress)?;
        let is_web = matches!(url.scheme(), "http" | "https");
        let has_user = !url.username().is_empty() || url.password().is_some();
        if !is_web || has_user || !url.has_host() {
            return Err(CalendarError::BadAddress);
        }
        Ok(Self(url))
    }

    /// The address, for whoever fetches it.
    pub const fn expose(&self) -> &Url {
        &self.0
    }

    /// What may be shown of it: the last two parts of its host, such as `***.google.com`.
    pub fn masked_host(&self) -> String {
        let Some(url::Host::Domain(name)) = self.0.host() else {
            return "***".to_owned();
        };
        let parts: Vec<&str> = name.trim_end_matches('.').split('.').collect();
        match parts.as_slice() {
            [.., second, first] if parts.len() > 2 => format!("***.{second}.{first}"),
            [_, first] => format!("***.{first}"),
            _ => "***".to_owned(),
        }
    }
}

impl std::fmt::Debug for FeedAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FeedAddress({})", self.masked_host())
    }
}
