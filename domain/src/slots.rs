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

/// Windows must hold the bare interview; claims must leave its buffers free as well (rule C4).
fn standing(
    spec: &TypeSpec,
    person: &Calendar<'_>,
    span: Span,
    now: Instant,
    moving: Option<InterviewId>,
) -> Standing {
    if !is_available(person.availability, span) {
        return Standing::Unavailable;
    }
    let protected = span.widened(spec.buffer_before_minutes, spec.buffer_after_minutes);
    let is_free = person
        .claims
        .is_free(protected, now, |_, interview| Some(interview) == moving);
    if is_free { Standing::Free } else { Standing::Taken }
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
