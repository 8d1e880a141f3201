//! A series: a start, a rule, and what was added to it and taken from it.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;

use super::{Occurrence, RecurrenceError, Rule, Work};
use crate::time::{Instant, Span, Zone};

/// What DTSTART, RRULE, RDATE and EXDATE of one entry say together.
///
/// What was added and taken away is told by its moment, because it may be written in another zone than the start. An
/// occurrence that was changed by itself (RECURRENCE-ID) is taken away here; the changed one stands for itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    /// The first occurrence, by the clock on the wall.
    pub start: NaiveDateTime,
    /// The zone of that clock.
    pub zone: Zone,
    /// How it recurs; several where somebody wrote several.
    pub rules: Vec<Rule>,
    /// Occurrences besides.
    pub added: BTreeSet<Instant>,
    /// Occurrences that are none.
    pub removed: BTreeSet<Instant>,
}

impl Series {
    /// The occurrences whose moments lie in `[start, end)` of the window; in order, each once.
    ///
    /// # Errors
    /// `TooMany` when there are more than `limit`, also of those that are removed again; `TooMuchWork`.
    pub fn occurrences(
        &self,
        window: Span,
        limit: usize,
        work: &mut Work,
    ) -> Result<Vec<Occurrence>, RecurrenceError> {
        let single = |at, local| Occurrence { at, local };
        let mut all = vec![single(self.zone.instant(self.start), self.start)];
        all.extend(self.added.iter().map(|at| single(*at, self.zone.local(*at))));
        all.retain(|occurrence| window.start <= occurrence.at && occurrence.at < window.end);
        for rule in &self.rules {
            all.extend(rule.occurrences_within(self.start, self.zone, window, limit, work)?);
        }
        all.sort_unstable();
        all.dedup_by_key(|occurrence| occurrence.at);
        if all.len() > limit {
            return Err(RecurrenceError::TooMany(limit));
        }
        all.retain(|occurrence| !self.removed.contains(&occurrence.at));
        Ok(all)
    }
}
