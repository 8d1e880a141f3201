//! Wall-clock rules over a stretch of time, resolved piece by piece: within a piece a zone keeps one offset from UTC, so
//! that local time there is simple arithmetic, whatever happens at its edges.

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};

use super::spans::Spans;
use crate::{
    availability::Availability,
    time::{Instant, Span, Zone},
};

/// What the weekly rules and date overrides of an interviewer say about a stretch of time.
#[derive(Debug)]
pub(super) struct Hours {
    /// Where a window is open.
    pub(super) open: Spans,
    /// Dates that an override took off.
    pub(super) off: Spans,
}

impl Hours {
    pub(super) fn of(availability: &Availability, within: Span) -> Self {
        let (mut open, mut off) = (Vec::new(), Vec::new());
        for piece in pieces(&availability.zones(within)) {
            for date in piece.dates() {
                if availability.is_off(date) {
                    off.extend(piece.between(midnight(date), midnight(next(date))));
                }
                for window in availability.windows(date) {
                    let to = window.to.map_or(midnight(next(date)), |to| date.and_time(to));
                    open.extend(piece.between(date.and_time(window.from), to));
                }
            }
        }
        Self {
            open: open.into_iter().collect(),
            off: off.into_iter().collect(),
        }
    }
}

/// Every moment whose local time is a whole number of steps after the first start of its day, in the zone that is in force
/// then.
pub(super) fn starts(zones: &[(Zone, Span)], step_minutes: u32, offset_minutes: u32) -> Vec<Instant> {
    let step = Duration::minutes(i64::from(step_minutes.max(1)));
    let mut starts = Vec::new();
    for piece in pieces(zones) {
        for date in piece.dates() {
            let mut local = midnight(date) + Duration::minutes(i64::from(offset_minutes));
            while local < midnight(next(date)) {
                let start = piece.instant(local);
                if piece.span.start <= start && start < piece.span.end {
                    starts.push(start);
                }
                local += step;
            }
        }
    }
    starts
}

fn midnight(date: NaiveDate) -> NaiveDateTime {
    date.and_time(NaiveTime::MIN)
}

fn next(date: NaiveDate) -> NaiveDate {
    date + Duration::days(1)
}

/// A stretch of time during which a zone keeps one offset from UTC.
#[derive(Clone, Copy, Debug)]
struct Piece {
    span: Span,
    offset: Duration,
}

impl Piece {
    fn local(&self, moment: Instant) -> NaiveDateTime {
        moment.naive_utc() + self.offset
    }

    fn instant(&self, local: NaiveDateTime) -> Instant {
        (local - self.offset).and_utc()
    }

    /// The local dates that have a moment in it; also the one that begins where it ends.
    fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        let last = self.local(self.span.end).date();
        let first = self.local(self.span.start).date();
        first.iter_days().take_while(move |date| *date <= last)
    }

    /// What of a stretch of local time is in it.
    fn between(&self, from: NaiveDateTime, to: NaiveDateTime) -> Option<Span> {
        let span = Span {
            start: self.instant(from),
            end: self.instant(to),
        };
        span.intersection(self.span)
    }
}

/// How far apart offsets are probed. No zone has ever changed its offset twice within so short a time.
const PROBE: Duration = Duration::hours(6);

/// Cuts stretches of time, each with its zone, at the moments where the zone changes its offset. Empty ones have none.
fn pieces(zones: &[(Zone, Span)]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (zone, span) in zones {
        cut(*zone, *span, &mut pieces);
    }
    pieces
}

fn cut(zone: Zone, span: Span, pieces: &mut Vec<Piece>) {
    let mut start = span.start;
    let mut offset = zone.offset_seconds(start);
    let mut probed = start;
    while probed < span.end {
        let next = (probed + PROBE).min(span.end);
        let then = zone.offset_seconds(next);
        if then != offset {
            let end = transition(zone, probed, next);
            pieces.push(piece(Span { start, end }, offset));
            (start, offset) = (end, then);
        }
        probed = next;
    }
    if start < span.end {
        pieces.push(piece(Span { start, end: span.end }, offset));
    }
}

fn piece(span: Span, offset: i32) -> Piece {
    Piece {
        span,
        offset: Duration::seconds(i64::from(offset)),
    }
}

/// The first moment of the new offset, between two moments with different offsets; transitions fall on whole seconds.
fn transition(zone: Zone, before: Instant, after: Instant) -> Instant {
    let old = zone.offset_seconds(before);
    let (mut low, mut high) = (before.timestamp(), after.timestamp());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let moment = chrono::DateTime::from_timestamp(middle, 0).unwrap_or(before);
        if zone.offset_seconds(moment) == old {
            low = middle;
        } else {
            high = middle;
        }
    }
    chrono::DateTime::from_timestamp(high, 0).unwrap_or(after)
}
