//! What can be booked. One predicate decides it, for listings and for every booking and move (rule C1): what is
//! offered can be booked at that moment, and what is not offered cannot be booked by other means.
//!
//! Windows are local wall-clock time. A slot lies inside them when every moment of it has a local time inside a window
//! of that local date (rule T3). So an edge in a gap clips to the transition, an hour that happens twice counts by what
//! the clock on the wall shows, and days of 23 or 25 hours need no special case. Windows that touch are one, also
//! across midnight.

use chrono::{Duration, NaiveDateTime, Timelike};

use crate::{
    availability::Availability,
    ids::{AccountId, InterviewId},
    interview::events::{PanelMember, PanelRole, SeatReason, Terms},
    interview_type::events::{Mode, PanelStrategy, TypeSpec},
    interviewer_calendar::InterviewerCalendar,
    refusal::Refusal,
    time::{Instant, Span, Zone},
};

/// The rule that a start has passed.
pub const PAST: &str = "it is in the past";
/// The rule that a start is too far ahead.
pub const BEYOND_HORIZON: &str = "it is too far ahead";
/// The rule that a start is not one of the regular ones.
pub const OFF_STEP: &str = "it is not one of the possible starts";
/// The rule that too few interviewers stated that they can be met then.
pub const UNAVAILABLE: &str = "it is outside the availability of the interviewers";

/// The rule that too few interviewers take on that much.
pub const OVER_LIMIT: &str = "the interviewers take on no more that day, week or month";

/// An interviewer as the search for slots sees one.
#[derive(Clone, Copy, Debug)]
pub struct Calendar<'a> {
    /// Who.
    pub account: AccountId,
    /// When they can be met.
    pub availability: &'a Availability,
    /// What time is claimed.
    pub claims: &'a InterviewerCalendar,
    /// How many interviews they have around now, so that seats are shared out evenly.
    pub recent: u32,
}

/// A slot that can be booked, with who would sit on the panel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// When.
    pub span: Span,
    /// Who.
    pub panel: Vec<PanelMember>,
}

/// What stands between a person and an interview.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Free,
    Taken,
    Full,
    Unavailable,
}

/// Decides whether an interview can start at a moment, and who would sit on the panel, the lead first.
///
/// `people` are the pool, or the panel when an interview moves; possible starts are counted in the zone of the first of
/// them. Claims of the interview `moving` do not stand in the way of its own new time.
///
/// # Errors
/// `SlotNotOffered` with the rule, `NoticeTooShort`, or `SlotTaken`.
pub fn check(
    spec: &TypeSpec,
    people: &[Calendar<'_>],
    start: Instant,
    now: Instant,
    moving: Option<InterviewId>,
) -> Result<Vec<PanelMember>, Refusal> {
    let zone = grid_zone(people);
    if start <= now {
        return Err(Refusal::SlotNotOffered { rule: PAST });
    }
    check_notice(spec.notice_minutes, start, now)?;
    if zone.local(start).date() > zone.local(now).date() + Duration::days(i64::from(spec.horizon_days)) {
        return Err(Refusal::SlotNotOffered { rule: BEYOND_HORIZON });
    }
    if !is_on_step(zone.local(start), spec.slot_step_minutes) {
        return Err(Refusal::SlotNotOffered { rule: OFF_STEP });
    }
    seat(spec, people, start, now, moving)
}

/// Every slot that starts in `[from, to)` and can be booked now, in order of time.
pub fn offers(
    spec: &TypeSpec,
    people: &[Calendar<'_>],
    from: Instant,
    to: Instant,
    now: Instant,
) -> Vec<Offer> {
    // Two days more than the horizon, because that is counted in local dates; the predicate cuts exactly.
    let last = now + Duration::days(i64::from(spec.horizon_days) + 2);
    let range = Span {
        start: from.max(now),
        end: to.min(last),
    };
    starts(grid_zone(people), range, spec.slot_step_minutes)
        .into_iter()
        .filter_map(|start| {
            let panel = check(spec, people, start, now, None).ok()?;
            let span = Span::minutes(start, spec.duration_minutes);
            Some(Offer { span, panel })
        })
        .collect()
}

/// Refuses a start that is nearer than the notice: exact elapsed time (rule T6).
///
/// # Errors
/// `NoticeTooShort`.
pub fn check_notice(minutes: u32, start: Instant, now: Instant) -> Result<(), Refusal> {
    if start - now < Duration::minutes(i64::from(minutes)) {
        return Err(Refusal::NoticeTooShort { minutes });
    }
    Ok(())
}

/// The type as an interview that was booked under `terms` sees it: when it moves, its own duration, buffers and notice
/// count, and the type's present step and horizon. All of `people` are then its panel, so everybody takes part.
pub fn under_terms(spec: &TypeSpec, terms: &Terms) -> TypeSpec {
    let mut spec = spec.clone();
    spec.duration_minutes = terms.duration_minutes;
    spec.buffer_before_minutes = terms.buffer_before_minutes;
    spec.buffer_after_minutes = terms.buffer_after_minutes;
    spec.notice_minutes = terms.notice_minutes;
    spec.panel.strategy = PanelStrategy::Collective;
    spec
}

/// The zone in which possible starts are counted; UTC when nobody stated one.
fn grid_zone(people: &[Calendar<'_>]) -> Zone {
    let mut zones = people.iter().filter_map(|person| person.availability.zone());
    zones.next().unwrap_or(Zone::UTC)
}

/// True for local times that lie a whole number of steps after local midnight, by the clock on the wall.
fn is_on_step(local: NaiveDateTime, step_minutes: u32) -> bool {
    local.nanosecond() == 0
        && local
            .num_seconds_from_midnight()
            .is_multiple_of(step_minutes.max(1) * 60)
}

/// Chooses the panel among the people, if enough of them are free.
fn seat(
    spec: &TypeSpec,
    people: &[Calendar<'_>],
    start: Instant,
    now: Instant,
    moving: Option<InterviewId>,
) -> Result<Vec<PanelMember>, Refusal> {
    if people.is_empty() && spec.mode == Mode::Ai {
        return Ok(Vec::new());
    }
    let span = Span::minutes(start, spec.duration_minutes);
    let standings: Vec<_> = people
        .iter()
        .map(|person| (person, standing(spec, person, span, now, moving)))
        .collect();
    let seats = match spec.panel.strategy {
        PanelStrategy::Collective => people.len().max(1),
        PanelStrategy::RoundRobin => usize::from(spec.panel.seats).max(1),
    };
    let available = standings
        .iter()
        .filter(|(_, standing)| *standing != Standing::Unavailable);
    if available.count() < seats {
        return Err(Refusal::SlotNotOffered { rule: UNAVAILABLE });
    }
    let with_room = standings
        .iter()
        .filter(|(_, standing)| matches!(standing, Standing::Free | Standing::Taken));
    if with_room.count() < seats {
        return Err(Refusal::SlotNotOffered { rule: OVER_LIMIT });
    }
    let mut free: Vec<_> = standings
        .into_iter()
        .filter_map(|(person, standing)| (standing == Standing::Free).then_some(person))
        .collect();
    if free.len() < seats {
        return Err(Refusal::SlotTaken);
    }
    let reason = match spec.panel.strategy {
        PanelStrategy::Collective => SeatReason::Collective,
        PanelStrategy::RoundRobin => {
            free.sort_by_key(|person| (person.recent, person.account));
            SeatReason::FewestRecent
        }
    };
    free.truncate(seats);
    Ok(panel(&free, reason))
}

fn panel(people: &[&Calendar<'_>], reason: SeatReason) -> Vec<PanelMember> {
    let roles = std::iter::once(PanelRole::Lead).chain(std::iter::repeat(PanelRole::Panel));
    people
        .iter()
        .zip(roles)
        .map(|(person, role)| PanelMember {
            account: person.account,
            role,
            reason,
        })
        .collect()
}

/// Windows must hold the bare interview, and absences must leave it alone; claims must leave its buffers free as well
/// (rule C4).
fn standing(
    spec: &TypeSpec,
    person: &Calendar<'_>,
    span: Span,
    now: Instant,
    moving: Option<InterviewId>,
) -> Standing {
    if person.availability.is_away(span) || !is_available(person.availability, span) {
        return Standing::Unavailable;
    }
    let protected = span.widened(spec.buffer_before_minutes, spec.buffer_after_minutes);
    let is_free = person
        .claims
        .is_free(protected, now, |_, interview| Some(interview) == moving);
    if !is_free {
        Standing::Taken
    } else if person.availability.has_room(person.claims, span, now, moving) {
        Standing::Free
    } else {
        Standing::Full
    }
}

/// True when every moment of the span has a local time inside a window of its local date.
fn is_available(availability: &Availability, span: Span) -> bool {
    let Some(zone) = availability.zone() else {
        return false;
    };
    let mut covered_to = span.start;
    for open in open_spans(availability, zone, span) {
        if open.start > covered_to {
            return false;
        }
        covered_to = covered_to.max(open.end);
    }
    covered_to >= span.end
}

/// The parts of a span in which a window is open, in order of time.
fn open_spans(availability: &Availability, zone: Zone, span: Span) -> Vec<Span> {
    let mut open = Vec::new();
    for piece in pieces(zone, span) {
        let mut date = piece.local(piece.span.start).date();
        let last = piece.local(piece.span.end).date();
        while date <= last {
            for window in availability.windows(date) {
                let from = date.and_time(window.from);
                let to = window.to.map_or_else(
                    || (date + Duration::days(1)).and_time(chrono::NaiveTime::MIN),
                    |to| date.and_time(to),
                );
                let window = Span {
                    start: piece.instant(from),
                    end: piece.instant(to),
                };
                open.extend(window.intersection(piece.span));
            }
            date += Duration::days(1);
        }
    }
    open.sort_unstable_by_key(|span| span.start);
    open
}

/// Every moment of a span whose local time is on the step.
fn starts(zone: Zone, span: Span, step_minutes: u32) -> Vec<Instant> {
    let step = Duration::minutes(i64::from(step_minutes.max(1)));
    let mut starts = Vec::new();
    for piece in pieces(zone, span) {
        let mut date = piece.local(piece.span.start).date();
        let last = piece.local(piece.span.end).date();
        while date <= last {
            let midnight = date.and_time(chrono::NaiveTime::MIN);
            let tomorrow = midnight + Duration::days(1);
            let mut local = midnight;
            while local < tomorrow {
                let start = piece.instant(local);
                if piece.span.start <= start && start < piece.span.end {
                    starts.push(start);
                }
                local += step;
            }
            date += Duration::days(1);
        }
    }
    starts
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
}

/// How far apart offsets are probed. No zone has ever changed its offset twice within so short a time.
const PROBE: Duration = Duration::hours(6);

/// Cuts a span at the moments where the zone changes its offset. An empty span has no pieces.
fn pieces(zone: Zone, span: Span) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = span.start;
    let mut probed = span.start;
    while probed < span.end {
        let next = (probed + PROBE).min(span.end);
        if zone.offset_seconds(next) != zone.offset_seconds(start) {
            let change = transition(zone, probed, next);
            pieces.push(piece(zone, Span { start, end: change }));
            start = change;
        }
        probed = next;
    }
    if start < span.end {
        pieces.push(piece(zone, Span { start, end: span.end }));
    }
    pieces
}

fn piece(zone: Zone, span: Span) -> Piece {
    Piece {
        span,
        offset: Duration::seconds(i64::from(zone.offset_seconds(span.start))),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::{Datelike, NaiveTime, Weekday};
    use proptest::prelude::*;

    use super::*;
    use crate::{
        aggregate::Aggregate,
        availability::events::{
            AvailabilityEvent, BookingLimits, BookingLimitsSet, DateOverrideSet, LocalWindow,
            OutOfOfficeDeclared, WeeklyAvailabilityDefined, WeeklyRule,
        },
        given::{fold, id, utc},
        interview_type::given::spec,
        interviewer_calendar::events::{HoldConfirmed, HoldPlaced, InterviewerCalendarEvent},
    };

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    fn time(minutes: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0).unwrap()
    }

    /// A window in minutes since midnight; 1440 is 24:00.
    fn window((from, to): (u32, u32)) -> LocalWindow {
        LocalWindow {
            from: time(from),
            to: (to < 1440).then(|| time(to)),
        }
    }

    fn daily(zone: Zone, windows: &[(u32, u32)]) -> Availability {
        let every_day = |minutes: &(u32, u32)| WeeklyRule {
            weekdays: (0..7).map(|day| Weekday::try_from(day).unwrap()).collect(),
            window: window(*minutes),
        };
        let defined = WeeklyAvailabilityDefined {
            account: id(1),
            zone,
            rules: windows.iter().map(every_day).collect(),
        };
        fold(&[defined.into()])
    }

    fn held(interview: u128, start: &str, until: &str) -> InterviewerCalendarEvent {
        HoldPlaced {
            account: id(1),
            claim: id(interview),
            interview: id(interview),
            revision: 1,
            span: Span::minutes(utc(start), 60),
            before: 0,
            after: 0,
            expires_at: utc(until),
        }
        .into()
    }

    fn confirmed(interview: u128) -> InterviewerCalendarEvent {
        HoldConfirmed {
            account: id(1),
            claim: id(interview),
            interview: id(interview),
        }
        .into()
    }

    fn person<'a>(
        account: u128,
        availability: &'a Availability,
        claims: &'a InterviewerCalendar,
    ) -> Calendar<'a> {
        Calendar {
            account: id(account),
            availability,
            claims,
            recent: 0,
        }
    }

    fn short() -> TypeSpec {
        TypeSpec {
            duration_minutes: 30,
            buffer_before_minutes: 0,
            buffer_after_minutes: 0,
            notice_minutes: 0,
            slot_step_minutes: 15,
            horizon_days: 365,
            ..spec()
        }
    }

    fn accounts(panel: &[PanelMember]) -> Vec<AccountId> {
        panel.iter().map(|member| member.account).collect()
    }

    /// Compares every fifth minute around a moment with the wall clock of a zone, without any arithmetic of ours:
    /// a start is offered if and only if it is on the step and each of its minutes shows a local time in a window.
    fn offers_follow_the_wall_clock(zone: Zone, windows: &[(u32, u32)], around: Instant) {
        let (from, to) = (around - Duration::hours(15), around + Duration::hours(15));
        let now = from - Duration::hours(1);
        let availability = daily(zone, windows);
        let claims = InterviewerCalendar::default();
        let people = [person(1, &availability, &claims)];
        let minute_of_day = |moment| zone.local(moment).num_seconds_from_midnight() / 60;
        let open: Vec<bool> = (0..31 * 60)
            .map(|minute| minute_of_day(from + Duration::minutes(minute)))
            .map(|local| windows.iter().any(|(from, to)| (*from..*to).contains(&local)))
            .collect();

        let offered: BTreeSet<_> = offers(&short(), &people, from, to, now)
            .into_iter()
            .map(|offer| offer.span.start)
            .collect();

        for minute in (0..30 * 60_usize).step_by(5) {
            let start = from + Duration::minutes(i64::try_from(minute).unwrap());
            let expected =
                minute_of_day(start).is_multiple_of(15) && open[minute..minute + 30].iter().all(|open| *open);
            let checked = check(&short(), &people, start, now, None).is_ok();
            assert_eq!(checked, expected, "{zone} {start} {windows:?}");
            assert_eq!(offered.contains(&start), expected, "{zone} {start} {windows:?}");
        }
    }

    fn zones() -> Vec<Zone> {
        chrono_tz::TZ_VARIANTS.iter().map(|tz| zone(tz.name())).collect()
    }

    /// Days of 2026 and 2027 within which a zone changes its offset, at the end of the day in UTC.
    fn transition_days(zone: Zone) -> Vec<Instant> {
        let first = utc("2026-01-01T00:00:00Z");
        (1..=730)
            .map(|day| first + Duration::days(day))
            .filter(|day| zone.offset_seconds(*day) != zone.offset_seconds(*day - Duration::days(1)))
            .collect()
    }

    #[test]
    fn offers_keep_to_the_wall_clock_in_every_zone_on_every_transition_day() {
        let windows = [(0, 45), (75, 150), (150, 200), (540, 1020), (1350, 1440)];
        let mut days = 0;
        for zone in zones() {
            for day in transition_days(zone) {
                offers_follow_the_wall_clock(zone, &windows, day - Duration::hours(12));
                days += 1;
            }
        }
        assert!(days > 400, "only {days} transition days were met");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn offers_keep_to_the_wall_clock_whatever_the_windows(
            zone in proptest::sample::select(zones()),
            edges in proptest::collection::btree_set(0_u32..=288, 2..10),
            day in 0_i64..730,
        ) {
            let edges: Vec<_> = edges.into_iter().map(|edge| edge * 5).collect();
            let windows: Vec<_> = edges.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            let around = utc("2026-01-01T12:00:00Z") + Duration::days(day);
            offers_follow_the_wall_clock(zone, &windows, around);
        }
    }

    #[test]
    fn an_afternoon_on_the_day_the_clocks_go_forward_begins_by_the_new_offset() {
        let availability = daily(zone("America/New_York"), &[(13 * 60, 18 * 60)]);
        let claims = InterviewerCalendar::default();
        let people = [person(1, &availability, &claims)];
        let (from, to) = (utc("2026-03-08T05:00:00Z"), utc("2026-03-09T04:00:00Z"));

        let offered = offers(&short(), &people, from, to, from);

        assert_eq!(offered.first().unwrap().span.start, utc("2026-03-08T17:00:00Z"));
        assert_eq!(offered.last().unwrap().span.end, utc("2026-03-08T22:00:00Z"));
    }

    #[test]
    fn windows_that_touch_are_one_also_across_midnight() {
        let availability = daily(zone("Asia/Kolkata"), &[(0, 60), (1320, 1380), (1380, 1440)]);
        let claims = InterviewerCalendar::default();
        let people = [person(1, &availability, &claims)];
        let night = TypeSpec {
            duration_minutes: 180,
            ..short()
        };
        let (from, to) = (utc("2026-05-04T12:00:00Z"), utc("2026-05-05T00:00:00Z"));

        let offered = offers(&night, &people, from, to, from);

        assert_eq!(offered.len(), 1);
        assert_eq!(offered[0].span.start, utc("2026-05-04T16:30:00Z"));
    }

    #[test]
    fn an_override_stands_in_place_of_the_weekly_windows() {
        let monday = utc("2026-05-04T09:00:00Z");
        let day_off = DateOverrideSet {
            account: id(1),
            date: monday.date_naive(),
            windows: Vec::new(),
        };
        let availability = daily(Zone::UTC, &[(0, 1440)]).evolve(&day_off.into());
        let claims = InterviewerCalendar::default();
        let people = [person(1, &availability, &claims)];
        let now = monday - Duration::days(1);

        assert_eq!(monday.weekday(), Weekday::Mon);
        assert_eq!(
            check(&short(), &people, monday, now, None),
            Err(Refusal::SlotNotOffered { rule: UNAVAILABLE })
        );
        assert!(check(&short(), &people, monday + Duration::days(1), now, None).is_ok());
    }

    fn away(from: &str, to: &str) -> AvailabilityEvent {
        OutOfOfficeDeclared {
            account: id(1),
            absence: id(1),
            from: utc(from),
            to: utc(to),
            delegate: Some(id(2)),
        }
        .into()
    }

    #[test]
    fn nothing_of_an_absent_interviewer_can_be_booked_and_back_to_back_with_an_absence_can() {
        let availability =
            daily(Zone::UTC, &[(540, 1020)]).evolve(&away("2026-05-05T10:00:00Z", "2026-05-05T12:10:00Z"));
        let claims = InterviewerCalendar::default();
        let people = [person(1, &availability, &claims)];
        let now = utc("2026-05-04T10:00:00Z");
        let refused = |start| check(&short(), &people, utc(start), now, None).err();

        let away = Some(Refusal::SlotNotOffered { rule: UNAVAILABLE });
        assert_eq!(refused("2026-05-05T09:30:00Z"), None);
        assert_eq!(refused("2026-05-05T09:45:00Z"), away);
        assert_eq!(refused("2026-05-05T12:00:00Z"), away);
        assert_eq!(refused("2026-05-05T12:15:00Z"), None);
    }

    #[test]
    fn another_of_the_pool_is_seated_while_one_is_away() {
        let here = daily(Zone::UTC, &[(0, 1440)]);
        let absent = here
            .clone()
            .evolve(&away("2026-05-05T00:00:00Z", "2026-05-06T00:00:00Z"));
        let claims = InterviewerCalendar::default();
        let people = [person(1, &absent, &claims), person(2, &here, &claims)];
        let mut spec = short();
        spec.panel.strategy = PanelStrategy::RoundRobin;
        spec.panel.seats = 1;

        let now = utc("2026-05-04T10:00:00Z");
        let meanwhile = check(&spec, &people, utc("2026-05-05T10:00:00Z"), now, None).unwrap();
        let after = check(&spec, &people, utc("2026-05-06T10:00:00Z"), now, None).unwrap();

        assert_eq!(accounts(&meanwhile), [id(2)]);
        assert_eq!(accounts(&after), [id(1)]);
    }

    /// At most so many interviews a day.
    fn a_day(most: u32) -> AvailabilityEvent {
        let mut limits = BookingLimits::default();
        limits.interviews.day = Some(most);
        BookingLimitsSet {
            account: id(1),
            limits,
        }
        .into()
    }

    #[test]
    fn a_day_that_is_full_is_not_offered_and_a_slot_of_it_that_is_taken_stays_taken() {
        let availability = daily(Zone::UTC, &[(0, 1440)]).evolve(&a_day(1));
        let claims = fold(&[
            held(7, "2026-05-05T10:00:00Z", "2026-05-04T09:15:00Z"),
            confirmed(7),
        ]);
        let people = [person(1, &availability, &claims)];
        let now = utc("2026-05-04T10:00:00Z");
        let refused = |start, moving| check(&short(), &people, utc(start), now, moving).err();

        let full = Some(Refusal::SlotNotOffered { rule: OVER_LIMIT });
        assert_eq!(refused("2026-05-05T10:30:00Z", None), Some(Refusal::SlotTaken));
        assert_eq!(refused("2026-05-05T12:00:00Z", None), full);
        assert_eq!(refused("2026-05-05T12:00:00Z", Some(id(7))), None);
        assert_eq!(refused("2026-05-06T12:00:00Z", None), None);
    }

    #[test]
    fn another_of_the_pool_is_seated_when_one_is_full() {
        let free = daily(Zone::UTC, &[(0, 1440)]);
        let full = free.clone().evolve(&a_day(1));
        let busy = fold(&[
            held(7, "2026-05-05T10:00:00Z", "2026-05-04T09:15:00Z"),
            confirmed(7),
        ]);
        let nothing = InterviewerCalendar::default();
        let people = [person(1, &full, &busy), person(2, &free, &nothing)];
        let mut spec = short();
        spec.panel.strategy = PanelStrategy::RoundRobin;
        spec.panel.seats = 1;
        let now = utc("2026-05-04T10:00:00Z");

        let panel = check(&spec, &people, utc("2026-05-05T12:00:00Z"), now, None).unwrap();
        spec.panel.seats = 2;
        let both = check(&spec, &people, utc("2026-05-05T12:00:00Z"), now, None);

        assert_eq!(accounts(&panel), [id(2)]);
        assert_eq!(both, Err(Refusal::SlotNotOffered { rule: OVER_LIMIT }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn whoever_books_all_that_is_offered_ends_at_the_limit_of_every_day(
            most in 1_u32..6,
            zone in proptest::sample::select(zones()),
            picks in proptest::collection::vec(any::<proptest::sample::Index>(), 40),
        ) {
            let availability = daily(zone, &[(480, 1080)]).evolve(&a_day(most));
            let midnight = zone.instant(utc("2026-05-04T00:00:00Z").naive_utc());
            let (from, to) = (midnight, midnight + Duration::days(3));
            let mut history = Vec::new();
            for (number, pick) in (10..).zip(&picks) {
                let claims = fold(&history);
                let offered = offers(&short(), &[person(1, &availability, &claims)], from, to, from);
                if offered.is_empty() {
                    break;
                }
                let start = pick.get(&offered).span.start.to_rfc3339();
                history.extend([held(number, &start, "2026-01-01T00:00:00Z"), confirmed(number)]);
            }
            let claims: InterviewerCalendar = fold(&history);
            let starts: Vec<_> = claims.live_claims(from).map(|claim| zone.local(claim.span.start).date()).collect();
            let first = zone.local(from).date();

            prop_assert!(offers(&short(), &[person(1, &availability, &claims)], from, to, from).is_empty());
            for day in 0..3 {
                let date = first + Duration::days(day);
                let booked = starts.iter().filter(|start| **start == date).count();
                prop_assert_eq!(booked, most as usize, "{} in {}", date, zone);
            }
        }
    }

    #[test]
    fn each_rule_names_itself() {
        let availability = daily(Zone::UTC, &[(540, 1020)]);
        let claims = InterviewerCalendar::default();
        let people = [person(1, &availability, &claims)];
        let spec = TypeSpec {
            notice_minutes: 120,
            horizon_days: 7,
            ..short()
        };
        let now = utc("2026-05-04T09:00:00Z");
        let refusal = |start| check(&spec, &people, utc(start), now, None).unwrap_err();

        assert_eq!(
            refusal("2026-05-04T09:00:00Z"),
            Refusal::SlotNotOffered { rule: PAST }
        );
        assert_eq!(
            refusal("2026-05-04T10:45:00Z"),
            Refusal::NoticeTooShort { minutes: 120 }
        );
        let beyond = Refusal::SlotNotOffered { rule: BEYOND_HORIZON };
        assert_eq!(refusal("2026-05-12T09:00:00Z"), beyond);
        assert_eq!(
            refusal("2026-05-05T09:05:00Z"),
            Refusal::SlotNotOffered { rule: OFF_STEP }
        );
        let unavailable = Refusal::SlotNotOffered { rule: UNAVAILABLE };
        assert_eq!(refusal("2026-05-05T16:45:00Z"), unavailable);
        assert!(check(&spec, &people, utc("2026-05-11T16:30:00Z"), now, None).is_ok());
        assert!(check(&spec, &people, utc("2026-05-04T11:00:00Z"), now, None).is_ok());
    }

    #[test]
    fn a_live_hold_takes_the_slot_and_a_dead_one_does_not() {
        let availability = daily(Zone::UTC, &[(0, 1440)]);
        let claims = fold(&[held(7, "2026-05-05T10:00:00Z", "2026-05-04T09:15:00Z")]);
        let people = [person(1, &availability, &claims)];
        let start = utc("2026-05-05T10:30:00Z");

        let before = check(&short(), &people, start, utc("2026-05-04T09:14:59Z"), None);
        let after = check(&short(), &people, start, utc("2026-05-04T09:15:00Z"), None);

        assert_eq!(before, Err(Refusal::SlotTaken));
        assert!(after.is_ok());
    }

    #[test]
    fn an_interview_that_moves_may_overlap_its_own_old_time() {
        let availability = daily(Zone::UTC, &[(0, 1440)]);
        let claims = fold(&[
            held(7, "2026-05-05T10:00:00Z", "2026-05-04T09:15:00Z"),
            confirmed(7),
        ]);
        let people = [person(1, &availability, &claims)];
        let (start, now) = (utc("2026-05-05T10:30:00Z"), utc("2026-05-04T10:00:00Z"));

        let of_another = check(&short(), &people, start, now, Some(id(8)));
        let of_itself = check(&short(), &people, start, now, Some(id(7)));

        assert_eq!(of_another, Err(Refusal::SlotTaken));
        assert!(of_itself.is_ok());
    }

    #[test]
    fn buffers_keep_their_distance_to_claims_and_back_to_back_is_free() {
        let availability = daily(Zone::UTC, &[(0, 1440)]);
        let claims = fold(&[
            held(7, "2026-05-05T10:00:00Z", "2026-05-04T09:15:00Z"),
            confirmed(7),
        ]);
        let people = [person(1, &availability, &claims)];
        let buffered = TypeSpec {
            buffer_before_minutes: 15,
            ..short()
        };
        let (start, now) = (utc("2026-05-05T11:00:00Z"), utc("2026-05-04T10:00:00Z"));

        assert!(check(&short(), &people, start, now, None).is_ok());
        assert_eq!(
            check(&buffered, &people, start, now, None),
            Err(Refusal::SlotTaken)
        );
        let later = start + Duration::minutes(15);
        assert!(check(&buffered, &people, later, now, None).is_ok());
    }

    #[test]
    fn round_robin_seats_the_free_with_fewest_recent_interviews_first() {
        let availability = daily(Zone::UTC, &[(0, 1440)]);
        let free = InterviewerCalendar::default();
        let busy = fold(&[
            held(7, "2026-05-05T10:00:00Z", "2026-05-04T09:15:00Z"),
            confirmed(7),
        ]);
        let recent = |recent, person| Calendar { recent, ..person };
        let people = [
            recent(2, person(1, &availability, &free)),
            recent(0, person(2, &availability, &busy)),
            recent(1, person(4, &availability, &free)),
            recent(1, person(3, &availability, &free)),
        ];
        let mut spec = short();
        spec.panel.strategy = PanelStrategy::RoundRobin;
        spec.panel.seats = 2;

        let now = utc("2026-05-04T10:00:00Z");
        let panel = check(&spec, &people, utc("2026-05-05T10:00:00Z"), now, None).unwrap();

        assert_eq!(accounts(&panel), [id(3), id(4)]);
        assert_eq!(
            [panel[0].role, panel[1].role],
            [PanelRole::Lead, PanelRole::Panel]
        );
        assert_eq!(panel[0].reason, SeatReason::FewestRecent);
    }

    #[test]
    fn a_collective_panel_needs_everybody() {
        let (days, never) = (daily(Zone::UTC, &[(0, 1440)]), daily(Zone::UTC, &[]));
        let free = InterviewerCalendar::default();
        let busy = fold(&[
            held(7, "2026-05-05T10:00:00Z", "2026-05-04T09:15:00Z"),
            confirmed(7),
        ]);
        let mut spec = short();
        spec.panel.strategy = PanelStrategy::Collective;
        let (start, now) = (utc("2026-05-05T10:00:00Z"), utc("2026-05-04T10:00:00Z"));
        let check = |people: [Calendar<'_>; 2]| check(&spec, &people, start, now, None);

        let both = check([person(1, &days, &free), person(2, &days, &free)]).unwrap();
        let one_taken = check([person(1, &days, &free), person(2, &days, &busy)]);
        let one_away = check([person(1, &days, &free), person(2, &never, &free)]);

        assert_eq!(accounts(&both), [id(1), id(2)]);
        assert_eq!(one_taken, Err(Refusal::SlotTaken));
        assert_eq!(one_away, Err(Refusal::SlotNotOffered { rule: UNAVAILABLE }));
    }

    #[test]
    fn a_language_model_needs_nobody() {
        let mut spec = short();
        spec.mode = Mode::Ai;
        let now = utc("2026-05-04T10:00:00Z");
        assert_eq!(
            check(&spec, &[], utc("2026-05-04T10:15:00Z"), now, None),
            Ok(Vec::new())
        );
        spec.mode = Mode::Human;
        let nobody = check(&spec, &[], utc("2026-05-04T10:15:00Z"), now, None);
        assert_eq!(nobody, Err(Refusal::SlotNotOffered { rule: UNAVAILABLE }));
    }

    #[test]
    fn a_move_keeps_the_terms_of_the_booking_and_its_whole_panel() {
        let booked = TypeSpec {
            duration_minutes: 45,
            ..short()
        };
        let terms = crate::interview::given::terms(&booked);
        let moved = under_terms(&spec(), &terms);
        assert_eq!(moved.duration_minutes, 45);
        assert_eq!(moved.panel.strategy, PanelStrategy::Collective);
    }
}
