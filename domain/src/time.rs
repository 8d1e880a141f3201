//! Instants, time zones and the promised local time of a slot.
//!
//! An instant is UTC with microseconds, the precision of both databases. A wall-clock rule keeps the name of its zone
//! and is resolved late, by RFC 5545 section 3.3.5: a local time that happens twice is the first one, a local time
//! that does not exist is read with the offset from before the gap.

use std::{borrow::Cow, fmt, str::FromStr};

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, Offset, SubsecRound, TimeZone, Utc};
use chrono_tz::{OffsetName, Tz};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A moment, UTC, in whole microseconds.
pub type Instant = DateTime<Utc>;

/// The moment without anything finer than a microsecond, so that it is the same after storing it.
pub fn whole_micros(moment: Instant) -> Instant {
    moment.trunc_subsecs(6)
}

/// A time zone of the IANA database, known to the version that is built in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

/// The text names no zone of the IANA database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone of the IANA database, such as Europe/Berlin")]
pub struct UnknownZone;

/// Version of the time-zone database that is built in, such as `2025b`; stored with every promised local time.
pub const TZDB_VERSION: &str = chrono_tz::IANA_TZDB_VERSION;

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// Every zone, in the order of names.
    pub fn all() -> impl Iterator<Item = Self> {
        chrono_tz::TZ_VARIANTS.iter().copied().map(Self)
    }

    /// The zone's name, such as `Asia/Kolkata`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The local date and time of a moment.
    pub fn local(self, moment: Instant) -> NaiveDateTime {
        moment.with_timezone(&self.0).naive_local()
    }

    /// The offset from UTC in force at a moment, in seconds, east positive.
    pub fn offset_seconds(self, moment: Instant) -> i32 {
        moment.with_timezone(&self.0).offset().fix().local_minus_utc()
    }

    /// What people call the zone at a moment, such as `CEST`; none where the database has only numbers.
    pub fn abbreviation(self, moment: Instant) -> Option<String> {
        let local = moment.with_timezone(&self.0);
        let name = local.offset().abbreviation()?;
        name.chars()
            .all(|c| c.is_ascii_alphabetic())
            .then(|| name.to_owned())
    }

    /// The moment of a local time, by RFC 5545 section 3.3.5: the first of two, and in a gap the one that the offset
    /// before the gap gives.
    pub fn instant(self, local: NaiveDateTime) -> Instant {
        match self.0.from_local_datetime(&local) {
            LocalResult::Single(moment) => moment.to_utc(),
            LocalResult::Ambiguous(first, second) => first.to_utc().min(second.to_utc()),
            LocalResult::None => self.in_gap(local),
        }
    }

    /// No zone ever skipped more than a day and a bit, so the offset one and a half days earlier is the one before
    /// the gap, unless two transitions lie that close together, in which case the nearer probe finds it.
    fn in_gap(self, local: NaiveDateTime) -> Instant {
        let before = [3, 12, 27, 36].into_iter().find_map(|hours| {
            self.0
                .from_local_datetime(&(local - Duration::hours(hours)))
                .latest()
                .map(|moment| moment.offset().fix())
        });
        let seconds = before.map_or(0, |offset| offset.local_minus_utc());
        local.and_utc() - Duration::seconds(i64::from(seconds))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<Self, UnknownZone> {
        text.parse().map(Self).map_err(|_| UnknownZone)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl JsonSchema for Zone {
    fn schema_name() -> Cow<'static, str> {
        "TimeZone".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "Name of a zone in the IANA time zone database." })
    }
}

/// A half-open stretch of time, `[start, end)`: back to back is not a conflict.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// First moment inside.
    pub start: Instant,
    /// First moment after.
    pub end: Instant,
}

impl Span {
    /// The stretch from `start` that lasts `minutes`.
    pub fn minutes(start: Instant, minutes: u32) -> Self {
        Self {
            start,
            end: start + Duration::minutes(i64::from(minutes)),
        }
    }

    /// The stretch with `before` and `after` minutes around it, as a claim with buffers protects it.
    pub fn widened(self, before: u32, after: u32) -> Self {
        Self {
            start: self.start - Duration::minutes(i64::from(before)),
            end: self.end + Duration::minutes(i64::from(after)),
        }
    }

    /// True when the two share a moment.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// True when `other` lies wholly inside.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// What the two share, if anything.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let shared = Self {
            start: self.start.max(other.start),
            end: self.end.min(other.end),
        };
        (shared.start < shared.end).then_some(shared)
    }

    /// Length in whole seconds, never negative.
    pub fn seconds(self) -> u64 {
        u64::try_from((self.end - self.start).num_seconds()).unwrap_or(0)
    }
}

/// A slot that was promised to a person: the instants, the zone they read it in, the wall-clock time they were told,
/// and the version of the zone rules that connected the two.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Slot {
    /// The instants.
    pub span: Span,
    /// The zone of the person who asked for it.
    pub zone: Zone,
    /// The local start as promised, without an offset.
    pub local_start: NaiveDateTime,
    /// Version of the time-zone database the promise was computed with.
    pub tzdb: String,
}

/// How the present zone rules have come apart from a promise: the clock on the wall shows another time at the start than
/// the one that was told (rule T7).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// The zone of the promise.
    pub zone: Zone,
    /// The local start as promised.
    pub promised_local_start: NaiveDateTime,
    /// Version of the time-zone database the promise was computed with.
    pub promised_tzdb: String,
    /// What the clock on the wall shows at the start by the present rules.
    pub local_start: NaiveDateTime,
    /// Version of the time-zone database with the present rules.
    pub tzdb: String,
    /// The moment at which the clock on the wall shows the promised local start by the present rules, by RFC 5545
    /// section 3.3.5. It is the start itself where the present rules skip the promised local time.
    pub promised_start: Instant,
}

impl Drift {
    /// True when the other tells people the same; by which version of the rules it was found does not matter.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let said = |drift: &Self| {
            (
                drift.zone,
                drift.promised_local_start,
                drift.local_start,
                drift.promised_start,
            )
        };
        said(self) == said(other)
    }
}

impl Slot {
    /// The slot as told to somebody in `zone`.
    pub fn promised(span: Span, zone: Zone) -> Self {
        Self {
            span,
            zone,
            local_start: zone.local(span.start),
            tzdb: TZDB_VERSION.to_owned(),
        }
    }

    /// What has become of the promise by the zone rules that are built in; nothing while they still say what was told.
    /// Rules older than those of the promise say nothing about it, as on a node that was not brought up to date yet.
    pub fn drift(&self) -> Option<Drift> {
        let local_start = self.zone.local(self.span.start);
        if local_start == self.local_start || is_older(TZDB_VERSION, &self.tzdb) {
            return None;
        }
        Some(Drift {
            zone: self.zone,
            promised_local_start: self.local_start,
            promised_tzdb: self.tzdb.clone(),
            local_start,
            tzdb: TZDB_VERSION.to_owned(),
            promised_start: self.zone.instant(self.local_start),
        })
    }
}

/// Whether one version of the time-zone database came before another: a year and a letter, which sort as text.
pub fn is_older(version: &str, than: &str) -> bool {
    version < than
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::*;

    fn local(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(year, month, day)
            .unwrap()
            .and_hms_opt(hour, minute, 0)
            .unwrap()
    }

    fn utc(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    #[test]
    fn a_local_time_in_a_gap_is_read_with_the_offset_before_it() {
        let resolved = zone("America/New_York").instant(local(2007, 3, 11, 2, 30));
        assert_eq!(resolved, utc("2007-03-11T07:30:00Z"));
    }

    #[test]
    fn a_local_time_that_happens_twice_is_the_first() {
        let resolved = zone("America/New_York").instant(local(2007, 11, 4, 1, 30));
        assert_eq!(resolved, utc("2007-11-04T05:30:00Z"));
    }

    #[test]
    fn a_skipped_midnight_and_a_skipped_day_resolve() {
        assert_eq!(
            zone("Africa/Cairo").instant(local(2026, 4, 24, 0, 0)),
            utc("2026-04-23T22:00:00Z")
        );
        assert_eq!(
            zone("Pacific/Apia").instant(local(2011, 12, 30, 12, 0)),
            utc("2011-12-30T22:00:00Z")
        );
    }

    /// The first second of the new offset, between two moments with different offsets.
    fn transition(zone: Zone, mut before: Instant, mut after: Instant) -> Instant {
        while after - before > Duration::seconds(1) {
            let middle = before + (after - before) / 2;
            let middle = middle.trunc_subsecs(0);
            if zone.offset_seconds(middle) == zone.offset_seconds(before) {
                before = middle;
            } else {
                after = middle;
            }
        }
        after
    }

    #[test]
    fn every_zone_resolves_its_gaps_with_the_offset_before() {
        let mut gaps = 0;
        for zone in chrono_tz::TZ_VARIANTS.map(Zone) {
            let days = (0..730).map(|day| utc("2026-01-01T00:00:00Z") + Duration::days(day));
            for (moment, next) in days.map(|day| (day, day + Duration::days(1))) {
                let skipped = zone.offset_seconds(next) - zone.offset_seconds(moment);
                if skipped > 0 {
                    let into_gap = Duration::seconds(i64::from(skipped) / 2);
                    let change = transition(zone, moment, next);
                    let last = change - Duration::seconds(1);
                    let missing = zone.local(last) + Duration::seconds(1) + into_gap;
                    assert_eq!(zone.instant(missing), change + into_gap, "{zone} {missing}");
                    gaps += 1;
                }
            }
        }
        assert!(gaps > 100, "only {gaps} gaps were met");
    }

    /// An hour that was promised by the rules of 2024a, by which Paraguay left its summer time on 22 March 2026. It does
    /// not leave it any more (2024b).
    fn promised_in_paraguay() -> Slot {
        Slot {
            span: Span::minutes(utc("2026-04-06T14:00:00Z"), 60),
            zone: zone("America/Asuncion"),
            local_start: local(2026, 4, 6, 10, 0),
            tzdb: "2024a".to_owned(),
        }
    }

    #[test]
    fn a_promise_that_the_rules_have_left_has_drifted() {
        let drift = promised_in_paraguay().drift();

        let expected = Drift {
            zone: zone("America/Asuncion"),
            promised_local_start: local(2026, 4, 6, 10, 0),
            promised_tzdb: "2024a".to_owned(),
            local_start: local(2026, 4, 6, 11, 0),
            tzdb: TZDB_VERSION.to_owned(),
            promised_start: utc("2026-04-06T13:00:00Z"),
        };
        assert_eq!(drift, Some(expected));
    }

    #[test]
    fn a_promise_that_the_rules_still_keep_has_not_drifted() {
        let before_the_change = Slot {
            span: Span::minutes(utc("2026-03-16T13:00:00Z"), 60),
            local_start: local(2026, 3, 16, 10, 0),
            ..promised_in_paraguay()
        };
        let anew = Slot::promised(promised_in_paraguay().span, zone("America/Asuncion"));

        assert_eq!((before_the_change.drift(), anew.drift()), (None, None));
    }

    #[test]
    fn rules_older_than_those_of_a_promise_say_nothing_about_it() {
        let by_a_newer_node = Slot {
            tzdb: "9999z".to_owned(),
            ..promised_in_paraguay()
        };
        assert_eq!(by_a_newer_node.drift(), None);
    }

    fn span() -> impl Strategy<Value = Span> {
        (0_i64..1000, 1_i64..100).prop_map(|(start, length)| Span {
            start: DateTime::from_timestamp(start, 0).unwrap(),
            end: DateTime::from_timestamp(start + length, 0).unwrap(),
        })
    }

    proptest! {
        #[test]
        fn overlap_is_symmetric_and_agrees_with_the_intersection(a in span(), b in span()) {
            prop_assert_eq!(a.overlaps(b), b.overlaps(a));
            prop_assert_eq!(a.overlaps(b), a.intersection(b).is_some());
        }

        #[test]
        fn back_to_back_is_no_conflict(a in span()) {
            let next = Span { start: a.end, end: a.end + Duration::seconds(1) };
            prop_assert!(!a.overlaps(next));
        }
    }
}
