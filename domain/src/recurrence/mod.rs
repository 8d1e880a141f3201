//! What recurs: rules of RFC 5545, section 3.3.10, and the moments they name.
//!
//! A rule is followed by the clock on the wall, and each local time that it names becomes a moment by [`Zone::instant`]
//! (rule T2): so a series stays at its wall time when clocks change, a time in a gap is read with the offset from before it,
//! and a time that happens twice is the first of the two. RFC 5545 contradicts itself about gaps; this is its section 3.3.5.
//!
//! Rules come from strangers. Reading one is bounded by its length, following one by a number of occurrences and by [`Work`],
//! which is counted and not timed; both refuse by name. Without COUNT, following begins where the window does, however long
//! ago the series began.
//!
//! Where RFC 5545 leaves a choice: a start that its rule does not name is an occurrence of a [`Series`], and not counted by
//! COUNT; weeks at the turn of a year belong to the calendar year of each of their days; BYSETPOS counts in whole periods,
//! also in the first; a UNTIL that is a date includes that date.

mod expand;
mod rule;
#[cfg(test)]
mod second_opinion;
mod series;
#[cfg(test)]
mod tests;

use chrono::NaiveDateTime;

use crate::time::{Instant, Span, Zone};

pub(crate) use self::rule::{date, local_time};
pub use self::{rule::Rule, series::Series};

/// Steps that following one rule may cost unless said otherwise: every day that is looked at and every time that is made is
/// one. It is enough for 2,700 years day by day, and takes some ten milliseconds.
const STEPS: u32 = 1_000_000;

/// A rule says more than this only to do harm; the longest sensible one names every day of a year.
pub const MAX_RULE_BYTES: usize = 2_048;

/// A moment that a rule names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Occurrence {
    /// The moment.
    pub at: Instant,
    /// The local time that the rule names, which a gap may have skipped.
    pub local: NaiveDateTime,
}

/// Why a rule is not followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecurrenceError {
    /// The text is longer than [`MAX_RULE_BYTES`].
    #[error("the rule is longer than {MAX_RULE_BYTES} bytes")]
    TooLong,
    /// There is no FREQ.
    #[error("the rule does not say how often: FREQ is missing")]
    NoFrequency,
    /// A part is no part of RFC 5545, or not written as `NAME=VALUE`.
    #[error("the rule has a part that RFC 5545 does not know")]
    UnknownPart,
    /// A part is there twice.
    #[error("the rule says {0} twice")]
    Repeated(&'static str),
    /// A value is not one that the part can have.
    #[error("{0} has a value that it cannot have")]
    BadValue(&'static str),
    /// Two parts that exclude each other, or a part that FREQ excludes.
    #[error("{0} cannot be said together with {1}")]
    Contradiction(&'static str, &'static str),
    /// More occurrences lie in the window than were asked for.
    #[error("the rule names more than {0} occurrences")]
    TooMany(usize),
    /// Following the rule takes more steps than allowed.
    #[error("following the rule takes too many steps")]
    TooMuchWork,
}

impl RecurrenceError {
    /// The stable name of the reason, for clients.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "RULE_TOO_LONG",
            Self::NoFrequency | Self::UnknownPart | Self::Repeated(_) | Self::BadValue(_) => "RULE_INVALID",
            Self::Contradiction(..) => "RULE_CONTRADICTS_ITSELF",
            Self::TooMany(_) => "TOO_MANY_OCCURRENCES",
            Self::TooMuchWork => "RULE_TOO_COSTLY",
        }
    }
}

/// Steps that are left. Several rules may share one, so that a thousand of them cost no more than is allowed for all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Work(u32);

impl Work {
    /// So many steps and no more.
    pub const fn steps(steps: u32) -> Self {
        Self(steps)
    }

    /// Takes steps.
    ///
    /// # Errors
    /// `TooMuchWork` when there are not that many left.
    fn take(&mut self, steps: u32) -> Result<(), RecurrenceError> {
        self.0 = self.0.checked_sub(steps).ok_or(RecurrenceError::TooMuchWork)?;
        Ok(())
    }
}

impl Default for Work {
    /// What one rule may cost.
    fn default() -> Self {
        Self(STEPS)
    }
}

impl Rule {
    /// The occurrences of a series that begins at a local time in a zone, as far as their moments lie in `[start, end)` of the
    /// window; in order, each moment once. COUNT counts from the beginning of the series, wherever the window is.
    ///
    /// # Errors
    /// `TooMany` when there are more than `limit`, `TooMuchWork`.
    pub fn occurrences(
        &self,
        start: NaiveDateTime,
        zone: Zone,
        window: Span,
        limit: usize,
    ) -> Result<Vec<Occurrence>, RecurrenceError> {
        self.occurrences_within(start, zone, window, limit, &mut Work::default())
    }
}
