//! Whether one more interview is within what an interviewer takes on, or what is taken on of a product.
//!
//! Civil days, ISO weeks and months are those of the zone that the interviewer is in, or in which the starts of the product are
//! counted (rules T6, T8). An interview counts, with all its minutes, on the local date of its start. Live claims count: firm ones
//! and holds that have not died. So a hold that dies makes room without any event, and a calendar needs to keep nothing but its
//! claims. A group is one meeting, however many candidates have a seat in it.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Datelike, NaiveDate};

use super::{
    Availability,
    events::{BookingLimits, Caps},
    whereabouts::Whereabouts,
};
use crate::{
    ids::{InterviewId, InterviewTypeId},
    interviewer_calendar::{InterviewerCalendar, Meeting},
    refusal::Refusal,
    time::{Instant, Span},
};

/// Highest limit of anything: more than the minutes of the longest month, so that whatever makes sense is below.
const HIGHEST: u32 = 50_000;

/// The paths in the input by which limits are refused, in the order day, week and month.
#[derive(Clone, Copy, Debug)]
pub struct LimitFields {
    /// Those of the number of interviews.
    pub interviews: [&'static str; 3],
    /// Those of their minutes.
    pub minutes: [&'static str; 3],
}

impl BookingLimits {
    /// # Errors
    /// `Invalid` on a limit that is zero or above 50,000, and on one that a shorter period exceeds (rule T6): it would make
    /// no difference what the shorter one says.
    pub fn check(&self, fields: LimitFields) -> Result<(), Refusal> {
        self.interviews.check(fields.interviews)?;
        self.minutes.check(fields.minutes)
    }
}

impl Caps {
    fn check(&self, fields: [&'static str; 3]) -> Result<(), Refusal> {
        let mut shorter = None;
        for (cap, field) in [self.day, self.week, self.month].into_iter().zip(fields) {
            let Some(cap) = cap else {
                continue;
            };
            if cap == 0 || cap > HIGHEST {
                return Err(Refusal::invalid(field, "must be 1 to 50000"));
            }
            if shorter.is_some_and(|shorter| cap < shorter) {
                return Err(Refusal::invalid(
                    field,
                    "must not be below the limit of a shorter period",
                ));
            }
            shorter = Some(cap);
        }
        Ok(())
    }
}

/// A stretch of the calendar that interviews are counted in.
#[derive(Clone, Copy, Debug)]
enum Period {
    Day,
    Week,
    Month,
}

impl Period {
    const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// Which day, week or month a date is in.
    fn of(self, date: NaiveDate) -> (i32, u32) {
        match self {
            Self::Day => (date.year(), date.ordinal()),
            Self::Week => (date.iso_week().year(), date.iso_week().week()),
            Self::Month => (date.year(), date.month()),
        }
    }

    const fn cap(self, caps: &Caps) -> Option<u32> {
        match self {
            Self::Day => caps.day,
            Self::Week => caps.week,
            Self::Month => caps.month,
        }
    }
}

/// What was taken on by an interviewer, or of a product, counted once, to be held against the limits as often as needed.
#[derive(Clone, Debug)]
pub struct Tally {
    whereabouts: Whereabouts,
    limits: BookingLimits,
    /// By day, week and month.
    taken: [HashMap<(i32, u32), Taken>; 3],
}

/// Interviews of one day, week or month.
#[derive(Clone, Copy, Default, Debug)]
struct Taken {
    interviews: u64,
    seconds: u64,
}

impl Availability {
    /// What live claims amount to, without those of the interview `moving`; none when nothing is limited.
    pub fn tally(
        &self,
        claims: &InterviewerCalendar,
        now: Instant,
        moving: Option<InterviewId>,
    ) -> Option<Tally> {
        let mut tally = Tally::new(self.whereabouts()?, self.limits)?;
        let mut groups = HashSet::new();
        for claim in claims.live_claims(now) {
            let is_new = match claim.meeting() {
                Meeting::Interview(interview) => Some(interview) != moving,
                Meeting::Group(group) => Some(claim.interview) != moving && groups.insert(group),
            };
            if is_new {
                tally.add(claim.span);
            }
        }
        Some(tally)
    }

    /// True when an interview at this time, beside those that are claimed, is within the limits. What the interview
    /// `moving` has claimed does not count against it.
    pub fn has_room(
        &self,
        claims: &InterviewerCalendar,
        span: Span,
        now: Instant,
        moving: Option<InterviewId>,
    ) -> bool {
        let tally = self.tally(claims, now, moving);
        tally.is_none_or(|tally| tally.has_room(span))
    }
}

impl Tally {
    /// With nothing counted yet; none when nothing is limited.
    fn new(whereabouts: Whereabouts, limits: BookingLimits) -> Option<Self> {
        (limits != BookingLimits::default()).then(|| Self {
            whereabouts,
            limits,
            taken: Default::default(),
        })
    }

    /// What live claims for a product amount to, by the calendars of its pool and on the dates of `whereabouts`, without those
    /// of the interview `moving`; none when nothing is limited. However many sit on its panel, an interview counts once.
    pub fn of_product<'c>(
        interview_type: InterviewTypeId,
        limits: BookingLimits,
        whereabouts: Whereabouts,
        pool: impl Iterator<Item = &'c InterviewerCalendar>,
        now: Instant,
        moving: Option<InterviewId>,
    ) -> Option<Self> {
        let mut tally = Self::new(whereabouts, limits)?;
        let claims = pool.flat_map(|calendar| calendar.live_claims(now));
        let counted = claims
            .filter(|claim| claim.interview_type == Some(interview_type) && Some(claim.interview) != moving);
        let meetings: BTreeMap<Meeting, Span> = counted.map(|claim| (claim.meeting(), claim.span)).collect();
        for span in meetings.into_values() {
            tally.add(span);
        }
        Some(tally)
    }

    /// The local date by which something that starts at a moment is counted.
    fn date(&self, moment: Instant) -> NaiveDate {
        self.whereabouts.at(moment).local(moment).date()
    }

    fn add(&mut self, span: Span) {
        let date = self.date(span.start);
        for (period, taken) in Period::ALL.into_iter().zip(&mut self.taken) {
            let taken = taken.entry(period.of(date)).or_default();
            taken.interviews += 1;
            taken.seconds += span.seconds();
        }
    }

    /// True when one more interview at this time is within the limits.
    pub fn has_room(&self, span: Span) -> bool {
        let date = self.date(span.start);
        Period::ALL.into_iter().zip(&self.taken).all(|(period, taken)| {
            let taken = taken.get(&period.of(date)).copied().unwrap_or_default();
            let interviews = period.cap(&self.limits.interviews);
            let minutes = period.cap(&self.limits.minutes);
            interviews.is_none_or(|most| taken.interviews < u64::from(most))
                && minutes.is_none_or(|most| taken.seconds + span.seconds() <= u64::from(most) * 60)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{
        aggregate::Aggregate,
        availability::{
            Availability,
            events::{BookingLimits, BookingLimitsSet, Caps, TravelPlanned},
            given::{caps, defined_in, limits},
        },
        given::{fold, id, utc},
        interviewer_calendar::{
            InterviewerCalendar,
            events::{HoldConfirmed, HoldPlaced, InterviewerCalendarEvent},
        },
        time::{Instant, Span, Zone},
    };

    fn limited(zone: &str, limits: BookingLimits) -> Availability {
        let set = BookingLimitsSet {
            account: id(1),
            limits,
        };
        let mut history = defined_in(zone);
        history.push(set.into());
        fold(&history)
    }

    fn held(interview: u128, span: Span, until: Instant) -> InterviewerCalendarEvent {
        HoldPlaced {
            account: id(1),
            claim: id(interview),
            interview: id(interview),
            interview_type: None,
            group: None,
            revision: 1,
            span,
            before: 15,
            after: 15,
            expires_at: until,
        }
        .into()
    }

    fn firm(interview: u128, span: Span) -> Vec<InterviewerCalendarEvent> {
        let confirmed = HoldConfirmed {
            account: id(1),
            claim: id(interview),
            interview: id(interview),
        };
        vec![held(interview, span, now()), confirmed.into()]
    }

    fn now() -> Instant {
        utc("2026-05-01T00:00:00Z")
    }

    fn hour(start: &str) -> Span {
        Span::minutes(utc(start), 60)
    }

    fn one_a(period: &str) -> BookingLimits {
        let only = |name| (period == name).then_some(1);
        let interviews = Caps {
            day: only("day"),
            week: only("week"),
            month: only("month"),
        };
        limits(interviews, Caps::default())
    }

    /// Whether there is room at the second time when the first is taken.
    #[track_caller]
    fn check(availability: &Availability, first: &str, second: &str, expected: bool) {
        let claims: InterviewerCalendar = fold(&firm(7, hour(first)));
        let has_room = availability.has_room(&claims, hour(second), now(), None);
        assert_eq!(has_room, expected, "{first} {second}");
    }

    #[test]
    fn days_are_civil_days_of_the_own_zone() {
        let kolkata = limited("Asia/Kolkata", one_a("day"));
        check(&kolkata, "2026-05-04T18:00:00Z", "2026-05-04T18:29:00Z", false);
        check(&kolkata, "2026-05-04T18:00:00Z", "2026-05-04T18:30:00Z", true);
        // The 25 hours of the day on which New York's clocks go back.
        let new_york = limited("America/New_York", one_a("day"));
        check(&new_york, "2026-11-01T04:00:00Z", "2026-11-02T04:59:00Z", false);
        check(&new_york, "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", true);
    }

    #[test]
    fn days_are_those_of_the_zone_that_a_traveller_is_in() {
        let planned = TravelPlanned {
            account: id(1),
            journey: id(1),
            zone: "America/New_York".parse().unwrap(),
            from: "2026-05-06".parse().unwrap(),
            until: None,
        };
        let away = limited("Asia/Kolkata", one_a("day")).evolve(&planned.into());
        // From 04:00Z on the 6th a day is one of New York.
        check(&away, "2026-05-04T18:00:00Z", "2026-05-04T18:30:00Z", true);
        check(&away, "2026-05-06T18:00:00Z", "2026-05-07T03:59:00Z", false);
        check(&away, "2026-05-06T18:00:00Z", "2026-05-07T04:00:00Z", true);
    }

    #[test]
    fn weeks_begin_on_monday_also_at_the_turn_of_the_year() {
        let utc = limited("UTC", one_a("week"));
        check(&utc, "2026-12-28T00:00:00Z", "2027-01-03T23:00:00Z", false);
        check(&utc, "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z", true);
        check(&utc, "2026-12-28T00:00:00Z", "2026-12-27T23:00:00Z", true);
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let utc = limited("UTC", one_a("month"));
        check(&utc, "2026-05-01T00:00:00Z", "2026-05-31T23:00:00Z", false);
        check(&utc, "2026-05-31T23:00:00Z", "2026-06-01T00:00:00Z", true);
        check(&utc, "2026-05-15T00:00:00Z", "2027-05-15T00:00:00Z", true);
    }

    #[test]
    fn minutes_count_without_buffers_and_where_the_interview_starts() {
        let availability = limited("UTC", limits(Caps::default(), caps(120, 120, 120)));
        check(
            &availability,
            "2026-05-04T23:30:00Z",
            "2026-05-04T09:00:00Z",
            true,
        );
        let longer = Span::minutes(utc("2026-05-04T09:00:00Z"), 61);
        let claims: InterviewerCalendar = fold(&firm(7, hour("2026-05-04T23:30:00Z")));
        assert!(!availability.has_room(&claims, longer, now(), None));
    }

    #[test]
    fn a_hold_counts_until_it_dies() {
        let availability = limited("UTC", one_a("day"));
        let dies = utc("2026-05-01T00:15:00Z");
        let claims: InterviewerCalendar = fold(&[held(7, hour("2026-05-04T09:00:00Z"), dies)]);
        let wanted = hour("2026-05-04T15:00:00Z");
        assert!(!availability.has_room(&claims, wanted, dies - chrono::Duration::seconds(1), None));
        assert!(availability.has_room(&claims, wanted, dies, None));
    }

    #[test]
    fn an_interview_that_moves_does_not_count_against_itself() {
        let availability = limited("UTC", one_a("day"));
        let claims: InterviewerCalendar = fold(&firm(7, hour("2026-05-04T09:00:00Z")));
        let wanted = hour("2026-05-04T15:00:00Z");
        assert!(availability.has_room(&claims, wanted, now(), Some(id(7))));
        assert!(!availability.has_room(&claims, wanted, now(), Some(id(8))));
    }

    #[test]
    fn without_limits_there_is_always_room() {
        let availability = limited("UTC", BookingLimits::default());
        check(
            &availability,
            "2026-05-04T09:00:00Z",
            "2026-05-04T15:00:00Z",
            true,
        );
    }

    fn any_caps(most: u32) -> impl Strategy<Value = Caps> {
        let cap = || proptest::option::of(1..most);
        (cap(), cap(), cap()).prop_map(|(day, week, month)| Caps { day, week, month })
    }

    /// The names that a calendar on the wall has for the day, week and month of a moment, by another way of telling.
    fn names(zone: Zone, moment: Instant) -> [String; 3] {
        let local = zone.local(moment);
        ["%Y-%m-%d", "%G-W%V", "%Y-%m"].map(|format| local.format(format).to_string())
    }

    proptest! {
        #[test]
        fn room_is_what_is_left_when_everything_in_the_period_is_counted(
            zone in proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
            interviews in any_caps(6),
            minutes in any_caps(300),
            starts in proptest::collection::vec((0_i64..60 * 24 * 40, 5_u32..90), 0..30),
            wanted in (0_i64..60 * 24 * 40, 5_u32..90),
        ) {
            let availability = limited(zone.name(), limits(interviews, minutes));
            let zone: Zone = zone.name().parse().unwrap();
            let at = |(minute, length): (i64, u32)| {
                Span::minutes(utc("2026-12-10T00:00:00Z") + chrono::Duration::minutes(minute), length)
            };
            let spans: Vec<_> = starts.into_iter().map(at).collect();
            let numbered = (10_u128..).zip(&spans);
            let history: Vec<_> = numbered.flat_map(|(number, span)| firm(number, *span)).collect();
            let claims: InterviewerCalendar = fold(&history);
            let wanted = at(wanted);

            let has_room = availability.has_room(&claims, wanted, now(), None);

            let wanted_names = names(zone, wanted.start);
            let within = |period: usize, count: Option<u32>, minutes: Option<u32>| {
                let same = spans.iter().filter(|span| names(zone, span.start)[period] == wanted_names[period]);
                let all: Vec<_> = same.chain([&wanted]).collect();
                let sum: i64 = all.iter().map(|span| (span.end - span.start).num_minutes()).sum();
                count.is_none_or(|most| all.len() <= most as usize)
                    && minutes.is_none_or(|most| sum <= i64::from(most))
            };
            let expected = within(0, interviews.day, minutes.day)
                && within(1, interviews.week, minutes.week)
                && within(2, interviews.month, minutes.month);
            prop_assert_eq!(has_room, expected);
        }
    }
}
