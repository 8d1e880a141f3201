//! A pool of interviewers with hours, limits and interviews, of any size, the same for the same numbers.

use chrono::{Duration, NaiveTime, Weekday};
use domain::{
    aggregate::Aggregate,
    availability::{
        Availability,
        events::{BookingLimits, BookingLimitsSet, Caps, LocalWindow, WeeklyAvailabilityDefined, WeeklyRule},
    },
    ids::{AccountId, Id, Kind},
    interview_type::events::{
        Difficulty, Horizon, InterviewKind, JoinWindow, Mode, PanelSpec, PanelStrategy, Purpose, TypeSpec,
    },
    interviewer_calendar::{
        InterviewerCalendar,
        events::{HoldConfirmed, HoldPlaced},
    },
    slots::{self, Calendar, Offer},
    text::Line,
    time::{Instant, Span, Zone},
};
use uuid::Uuid;

const ZONES: [&str; 5] = [
    "Europe/Berlin",
    "Asia/Kolkata",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
];

/// How large a search is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Days that are searched.
    pub days: u32,
    /// Interviewers on each panel.
    pub panel: u8,
    /// Interviewers in the pool.
    pub pool: u32,
    /// Interviews ahead in their calendars, together.
    pub claims: u32,
    /// Interviews that are over, together.
    pub past: u32,
}

/// A pool and what it is asked for.
#[derive(Debug)]
pub struct Pool {
    size: Size,
    spec: TypeSpec,
    people: Vec<(AccountId, Availability, InterviewerCalendar)>,
}

impl Pool {
    /// A pool with its claims spread over the days searched.
    ///
    /// # Panics
    /// Never: every number makes a pool.
    pub fn new(size: Size) -> Self {
        let people: Vec<_> = (0..size.pool)
            .map(|person| (id(person), hours(person), calendar(size, person)))
            .collect();
        let spec = spec(size.panel, people.iter().map(|(account, ..)| *account).collect());
        Self { size, spec, people }
    }

    /// Every slot of the days searched.
    pub fn offers(&self) -> Vec<Offer> {
        let to = now() + Duration::days(i64::from(self.size.days));
        slots::offers(
            &slots::Product::of(&self.spec),
            &self.calendars(),
            now(),
            to,
            now(),
        )
    }

    fn calendars(&self) -> Vec<Calendar<'_>> {
        let calendars = self
            .people
            .iter()
            .map(|(account, availability, claims)| Calendar {
                account: *account,
                availability,
                claims,
                recent: claims.recent_claims(now()),
            });
        calendars.collect()
    }
}

/// The week before clocks change in Europe.
fn now() -> Instant {
    Instant::from_timestamp(1_792_368_000, 0).expect("a moment of 2026")
}

fn id<K: Kind>(number: u32) -> Id<K> {
    Id::new(Uuid::from_u128(u128::from(number) + 1))
}

/// Workdays with a break, in one of five zones, at most six interviews a day.
fn hours(person: u32) -> Availability {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour of the day");
    let window = |from, to| WeeklyRule {
        weekdays: vec![
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
        ],
        window: LocalWindow {
            from: time(from),
            to: Some(time(to)),
        },
    };
    let zone: Zone = ZONES[person as usize % ZONES.len()]
        .parse()
        .expect("a zone of the list");
    let defined = WeeklyAvailabilityDefined {
        account: id(person),
        zone,
        rules: vec![window(8, 12), window(13, 19)],
    };
    let limited = BookingLimitsSet {
        account: id(person),
        limits: BookingLimits {
            interviews: Caps {
                day: Some(6),
                week: Some(25),
                month: None,
            },
            minutes: Caps::default(),
        },
    };
    Availability::default()
        .evolve(&defined.into())
        .evolve(&limited.into())
}

/// Interviews of an hour, evenly over the days searched and so at all times of the day, and over the year before.
fn calendar(size: Size, person: u32) -> InterviewerCalendar {
    let ahead = spread(size.claims / size.pool, i64::from(size.days));
    let past = spread(size.past / size.pool, -365);
    let all = (0_u32..).zip(ahead.chain(past));
    all.fold(InterviewerCalendar::default(), |calendar, (number, into)| {
        let claim = person * 1_000_000 + number;
        let placed = HoldPlaced {
            account: id(person),
            claim: id(claim),
            interview: id(claim),
            interview_type: None,
            group: None,
            revision: 1,
            span: Span::minutes(now() + into + Duration::minutes(i64::from(person) * 7), 60),
            before: 5,
            after: 10,
            expires_at: now(),
        };
        let confirmed = HoldConfirmed {
            account: placed.account,
            claim: placed.claim,
            interview: placed.interview,
        };
        calendar.evolve(&placed.into()).evolve(&confirmed.into())
    })
}

fn spread(count: u32, days: i64) -> impl Iterator<Item = Duration> {
    let minutes = days * 24 * 60;
    (0..i64::from(count)).map(move |nth| Duration::minutes(minutes * nth / i64::from(count)))
}

fn spec(seats: u8, pool: Vec<AccountId>) -> TypeSpec {
    TypeSpec {
        title: Line::new("System design").expect("a short line"),
        description: None,
        kind: InterviewKind::SystemDesign,
        mode: Mode::Human,
        purpose: Purpose::Recruiting,
        difficulty: Difficulty::Hard,
        duration_minutes: 60,
        buffer_before_minutes: 5,
        buffer_after_minutes: 10,
        notice_minutes: 120,
        horizon: Horizon::Days(365),
        slot_step_minutes: 15,
        slot_offset_minutes: 0,
        hold_minutes: 15,
        confirm_within_minutes: None,
        limits: BookingLimits::default(),
        candidate_seats: 1,
        panel: PanelSpec {
            pool,
            strategy: PanelStrategy::RoundRobin,
            seats,
            roles: Vec::new(),
            preferences: Vec::new(),
        },
        price_list: None,
        refunds: None,
        rubric: None,
        kit: None,
        join_window: JoinWindow {
            opens_before_minutes: 10,
            grace_minutes: 10,
            closes_after_minutes: 30,
        },
        locale: "en".to_owned(),
    }
}
