//! What can be booked, by examples and against the clock on the wall.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveTime, Weekday};
use proptest::prelude::*;

use super::*;
use crate::{
    aggregate::Aggregate,
    availability::events::{
        AvailabilityEvent, BookingLimits, BookingLimitsSet, DateOverrideSet, LocalWindow,
        OutOfOfficeDeclared, TravelPlanned, WeeklyAvailabilityDefined, WeeklyRule,
    },
    given::{fold, id, utc},
    interview_type::{
        events::{Preference, RoleSpec},
        given::spec,
    },
    interviewer_calendar::events::{
        ExternalBusyImported, HoldConfirmed, HoldPlaced, InterviewerCalendarEvent,
    },
};

/// Of a product that has no limits.
fn check(
    spec: &TypeSpec,
    people: &[Calendar<'_>],
    start: Instant,
    now: Instant,
    moving: Option<InterviewId>,
) -> Result<Vec<PanelMember>, Refusal> {
    let product = Product {
        moving,
        ..Product::of(spec)
    };
    super::check(&product, people, start, now).map(|offer| offer.panel)
}

/// Of a product that has no limits.
fn offers(spec: &TypeSpec, people: &[Calendar<'_>], from: Instant, to: Instant, now: Instant) -> Vec<Offer> {
    super::offers(&Product::of(spec), people, from, to, now)
}

/// Of a product that has no limits.
fn explain(
    spec: &TypeSpec,
    people: &[Calendar<'_>],
    from: Instant,
    to: Instant,
    now: Instant,
) -> Explanation {
    super::explain(&Product::of(spec), people, from, to, now)
}

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
        interview_type: None,
        group: None,
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
        horizon: Horizon::Days(365),
        ..spec()
    }
}

fn accounts(panel: &[PanelMember]) -> Vec<AccountId> {
    panel.iter().map(|member| member.account).collect()
}

fn offers_follow_the_wall_clock(zone: Zone, windows: &[(u32, u32)], around: Instant) {
    let around = Span {
        start: around - Duration::hours(15),
        end: around + Duration::hours(15),
    };
    offers_follow_the_clocks(&daily(zone, windows), windows, around, |_| zone);
}

/// Compares every fifth minute of a stretch of time with the clock on the wall where the person is, without any arithmetic
/// of ours: a start is offered if and only if it is on the step and each of its minutes shows a local time in a window.
fn offers_follow_the_clocks(
    availability: &Availability,
    windows: &[(u32, u32)],
    within: Span,
    zone_at: impl Fn(Instant) -> Zone,
) {
    let (from, to) = (within.start, within.end);
    let now = from - Duration::hours(1);
    let claims = InterviewerCalendar::default();
    let people = [person(1, availability, &claims)];
    let minute_of_day = |moment| zone_at(moment).local(moment).num_seconds_from_midnight() / 60;
    let minutes = usize::try_from((to - from).num_minutes()).unwrap();
    let open: Vec<bool> = (0..(to - from).num_minutes() + 60)
        .map(|minute| minute_of_day(from + Duration::minutes(minute)))
        .map(|local| windows.iter().any(|(from, to)| (*from..*to).contains(&local)))
        .collect();

    let offered: BTreeSet<_> = offers(&short(), &people, from, to, now)
        .into_iter()
        .map(|offer| offer.span.start)
        .collect();

    for minute in (0..minutes).step_by(5) {
        let start = from + Duration::minutes(i64::try_from(minute).unwrap());
        let expected =
            minute_of_day(start).is_multiple_of(15) && open[minute..minute + 30].iter().all(|open| *open);
        let checked = check(&short(), &people, start, now, None).is_ok();
        assert_eq!(checked, expected, "{} {start} {windows:?}", zone_at(start));
        assert_eq!(
            offered.contains(&start),
            expected,
            "{} {start} {windows:?}",
            zone_at(start)
        );
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

fn journey(to: Zone, from: NaiveDate, until: Option<NaiveDate>) -> AvailabilityEvent {
    TravelPlanned {
        account: id(1),
        journey: id(1),
        zone: to,
        from,
        until,
    }
    .into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn offers_keep_to_the_clock_on_the_wall_of_wherever_a_traveller_is(
        home in proptest::sample::select(zones()),
        abroad in proptest::sample::select(zones()),
        edges in proptest::collection::btree_set(0_u32..=288, 2..10),
        day in 0_i64..730,
        length in 1_i64..4,
    ) {
        let edges: Vec<_> = edges.into_iter().map(|edge| edge * 5).collect();
        let windows: Vec<_> = edges.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        let from = utc("2026-01-01T00:00:00Z").date_naive() + Duration::days(day);
        let until = from + Duration::days(length);
        let availability = daily(home, &windows).evolve(&journey(abroad, from, Some(until)));
        let begins = abroad.instant(from.and_time(NaiveTime::MIN));
        let ends = home.instant(until.and_time(NaiveTime::MIN));
        let zone_at = |moment| if begins <= moment && moment < ends { abroad } else { home };
        let around = |moment| Span { start: moment - Duration::hours(30), end: moment + Duration::hours(30) };

        offers_follow_the_clocks(&availability, &windows, around(begins), zone_at);
        offers_follow_the_clocks(&availability, &windows, around(ends), zone_at);
    }
}

#[test]
fn on_the_day_of_a_journey_the_hours_of_both_places_are_offered_as_far_as_the_day_reaches() {
    let westward = journey(zone("America/New_York"), "2026-05-06".parse().unwrap(), None);
    let availability = daily(zone("Europe/Berlin"), &[(0, 120), (540, 1020)]).evolve(&westward);
    let claims = InterviewerCalendar::default();
    let people = [person(1, &availability, &claims)];
    let (from, to) = (utc("2026-05-05T20:00:00Z"), utc("2026-05-07T04:00:00Z"));

    let offered = offers(
        &TypeSpec {
            duration_minutes: 60,
            slot_step_minutes: 60,
            ..short()
        },
        &people,
        from,
        to,
        from,
    );

    // Two hours after midnight in Berlin, then the same date again from its midnight in New York.
    let starts: Vec<_> = offered
        .iter()
        .map(|offer| offer.span.start.format("%d %H").to_string())
        .collect();
    assert_eq!(
        starts,
        [
            "05 22", "05 23", "06 04", "06 05", "06 13", "06 14", "06 15", "06 16", "06 17", "06 18",
            "06 19", "06 20"
        ]
    );
}

#[test]
fn an_override_beats_the_weekly_windows_also_on_a_journey() {
    let day = "2026-05-07".parse().unwrap();
    let early = DateOverrideSet {
        account: id(1),
        date: day,
        windows: vec![window((360, 420))],
    };
    let availability = daily(zone("Europe/Berlin"), &[(540, 1020)])
        .evolve(&journey(
            zone("America/New_York"),
            "2026-05-06".parse().unwrap(),
            None,
        ))
        .evolve(&early.into());
    let claims = InterviewerCalendar::default();
    let people = [person(1, &availability, &claims)];
    let (from, to) = (utc("2026-05-07T04:00:00Z"), utc("2026-05-08T04:00:00Z"));

    let offered = offers(&short(), &people, from, to, from);

    let starts: Vec<_> = offered.iter().map(|offer| offer.span.start).collect();
    assert_eq!(
        starts,
        [
            "2026-05-07T10:00:00Z",
            "2026-05-07T10:15:00Z",
            "2026-05-07T10:30:00Z"
        ]
        .map(utc)
    );
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

/// A claim of an interview of product 11.
fn of_product(account: u128, interview: u128, start: &str) -> Vec<InterviewerCalendarEvent> {
    let placed = HoldPlaced {
        account: id(account),
        claim: id(interview),
        interview: id(interview),
        interview_type: Some(id(11)),
        group: None,
        revision: 1,
        span: Span::minutes(utc(start), 30),
        before: 0,
        after: 0,
        expires_at: utc("2026-05-04T10:15:00Z"),
    };
    let confirmed = HoldConfirmed {
        account: id(account),
        claim: id(interview),
        interview: id(interview),
    };
    vec![placed.into(), confirmed.into()]
}

/// A product of which two a day and 90 minutes a week are taken on.
fn limited() -> TypeSpec {
    let mut spec = short();
    spec.limits.interviews.day = Some(2);
    spec.limits.minutes.week = Some(90);
    spec.panel.strategy = PanelStrategy::RoundRobin;
    spec
}

/// Whether one more of the limited product can start, by the calendars of a pool of two in Kolkata.
#[track_caller]
fn refused_of_product(
    histories: [&[InterviewerCalendarEvent]; 2],
    start: &str,
    moving: Option<u128>,
) -> Option<Refusal> {
    let (spec, now, moving) = (limited(), utc("2026-05-04T10:00:00Z"), moving.map(id));
    let stated = daily(zone("Asia/Kolkata"), &[(0, 1440)]);
    let [first, second]: [InterviewerCalendar; 2] = histories.map(fold);
    let people = [person(1, &stated, &first), person(2, &stated, &second)];
    let taken = taken_on(id(11), &spec, &people, now, moving);

    let product = Product {
        interview_type: Some(id(11)),
        taken: taken.as_ref(),
        moving,
        ..Product::of(&spec)
    };
    let refusal = super::check(&product, &people, utc(start), now).err();

    let (from, to) = (utc(start), utc(start) + Duration::minutes(1));
    let told = super::explain(&product, &people, from, to, now);
    let rules: Vec<_> = told.removed.iter().map(|removed| removed.rule).collect();
    let is_full = refusal
        == Some(Refusal::SlotNotOffered {
            rule: OVER_TYPE_LIMIT,
        });
    assert!(
        moving.is_some() || is_full == (rules == [Rule::TypeLimit]),
        "{start}: {refusal:?} {rules:?}"
    );
    refusal
}

const FULL_OF_IT: Option<Refusal> = Some(Refusal::SlotNotOffered {
    rule: OVER_TYPE_LIMIT,
});

#[test]
fn a_product_is_taken_on_as_often_a_day_as_it_says_whoever_of_the_pool_has_it() {
    let first = of_product(1, 7, "2026-05-05T04:00:00Z");
    let second = of_product(2, 8, "2026-05-05T18:00:00Z");
    let refused = |start| refused_of_product([&first, &second], start, None);

    // Kolkata's 5 May ends at 18:30Z.
    assert_eq!(refused("2026-05-05T10:00:00Z"), FULL_OF_IT);
    assert_eq!(refused("2026-05-05T18:15:00Z"), FULL_OF_IT);
    assert_eq!(refused("2026-05-05T18:30:00Z"), None);
    let one = refused_of_product([&first, &[]], "2026-05-05T10:00:00Z", None);
    assert_eq!(one, None);
}

#[test]
fn an_interview_counts_once_for_its_product_however_many_sit_on_its_panel() {
    let panel = [1, 2].map(|account| of_product(account, 7, "2026-05-05T04:00:00Z"));
    let refused = |start| refused_of_product([&panel[0], &panel[1]], start, None);

    assert_eq!(refused("2026-05-05T10:00:00Z"), None);
}

#[test]
fn minutes_of_a_product_count_within_the_week() {
    let first = of_product(1, 7, "2026-05-05T04:00:00Z");
    let second = of_product(2, 8, "2026-05-06T04:00:00Z");
    let third = of_product(2, 9, "2026-05-07T04:00:00Z");
    let refused =
        |start| refused_of_product([&first, &[second.clone(), third.clone()].concat()], start, None);

    assert_eq!(refused("2026-05-08T10:00:00Z"), FULL_OF_IT);
    // Monday of the next week begins in Kolkata on Sunday at 18:30Z.
    assert_eq!(refused("2026-05-10T18:15:00Z"), FULL_OF_IT);
    assert_eq!(refused("2026-05-10T18:30:00Z"), None);
}

#[test]
fn what_moves_has_died_or_is_of_another_product_does_not_count_against_a_product() {
    let first = of_product(1, 7, "2026-05-05T04:00:00Z");
    let second = of_product(2, 8, "2026-05-05T06:00:00Z");
    let dead = &second[..1];
    let other = [
        held(8, "2026-05-05T06:00:00Z", "2026-05-04T09:15:00Z"),
        confirmed(8),
    ];
    let wanted = "2026-05-05T10:00:00Z";

    assert_eq!(refused_of_product([&first, &second], wanted, Some(8)), None);
    assert_eq!(refused_of_product([&first, &second], wanted, Some(9)), FULL_OF_IT);
    assert_eq!(refused_of_product([&first, dead], wanted, None), FULL_OF_IT);
    let died = HoldPlaced {
        expires_at: utc("2026-05-04T10:00:00Z"),
        ..match &second[0] {
            InterviewerCalendarEvent::HoldPlaced(placed) => placed.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused_of_product([&first, &[died.into()]], wanted, None), None);
    assert_eq!(refused_of_product([&first, &other], wanted, None), None);
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
        horizon: Horizon::Days(7),
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

#[test]
fn a_time_that_was_promised_need_not_be_a_regular_start_within_the_horizon_but_everything_else_holds() {
    let availability = daily(Zone::UTC, &[(540, 1020)]);
    let claims = fold(&[
        held(7, "2026-05-05T12:00:00Z", "2026-05-04T09:15:00Z"),
        confirmed(7),
    ]);
    let people = [person(1, &availability, &claims)];
    let product = TypeSpec {
        notice_minutes: 120,
        horizon: Horizon::Days(0),
        ..short()
    };
    let now = utc("2026-05-04T09:00:00Z");
    let promised = |start| check(&as_promised(&product), &people, utc(start), now, None);

    assert!(promised("2026-05-05T09:07:00Z").is_ok());
    let unavailable = Refusal::SlotNotOffered { rule: UNAVAILABLE };
    assert_eq!(promised("2026-05-05T08:07:00Z"), Err(unavailable));
    assert_eq!(promised("2026-05-05T12:07:00Z"), Err(Refusal::SlotTaken));
    let short = Refusal::NoticeTooShort { minutes: 120 };
    assert_eq!(promised("2026-05-04T10:07:00Z"), Err(short));
    let past = Refusal::SlotNotOffered { rule: PAST };
    assert_eq!(promised("2026-05-04T08:07:00Z"), Err(past));
}

fn explained(people: &[Calendar<'_>], spec: &TypeSpec, from: &str, to: &str, now: &str) -> Vec<Removed> {
    explain(spec, people, utc(from), utc(to), utc(now)).removed
}

#[test]
fn each_removed_start_names_the_rule_that_removed_it() {
    let day_off = DateOverrideSet {
        account: id(1),
        date: "2026-05-06".parse().unwrap(),
        windows: Vec::new(),
    };
    let availability = daily(Zone::UTC, &[(540, 1020)])
        .evolve(&day_off.into())
        .evolve(&away("2026-05-07T12:00:00Z", "2026-05-07T13:00:00Z"))
        .evolve(&a_day(2));
    let claims = fold(&[
        held(7, "2026-05-05T10:00:00Z", "2026-05-04T09:15:00Z"),
        confirmed(7),
        held(8, "2026-05-05T12:00:00Z", "2026-05-04T23:00:00Z"),
    ]);
    let elsewhere = ExternalBusyImported {
        account: id(1),
        calendar: id(1),
        from: utc("2026-05-04T00:00:00Z"),
        until: utc("2027-05-04T00:00:00Z"),
        added: vec![Span::minutes(utc("2026-05-07T09:20:00Z"), 10)],
        removed: Vec::new(),
    };
    let claims = InterviewerCalendar::evolve(claims, &elsewhere.into());
    let people = [person(1, &availability, &claims)];
    let spec = TypeSpec {
        notice_minutes: 120,
        horizon: Horizon::Days(3),
        ..short()
    };

    let removed = explained(
        &people,
        &spec,
        "2026-05-04T08:00:00Z",
        "2026-05-09T00:00:00Z",
        "2026-05-04T10:00:00Z",
    );

    let rule = |start| {
        let found = removed.iter().find(|removed| removed.span.start == utc(start));
        found.map(|removed| removed.rule)
    };
    assert_eq!(rule("2026-05-04T10:00:00Z"), Some(Rule::Past));
    assert_eq!(rule("2026-05-04T11:45:00Z"), Some(Rule::Notice));
    assert_eq!(rule("2026-05-04T12:00:00Z"), None);
    assert_eq!(rule("2026-05-04T16:45:00Z"), Some(Rule::OutsideWindows));
    assert_eq!(rule("2026-05-05T10:30:00Z"), Some(Rule::Claimed));
    assert_eq!(rule("2026-05-05T12:30:00Z"), Some(Rule::Held));
    assert_eq!(rule("2026-05-07T09:00:00Z"), Some(Rule::BusyElsewhere));
    assert_eq!(rule("2026-05-07T09:15:00Z"), Some(Rule::BusyElsewhere));
    assert_eq!(rule("2026-05-07T09:30:00Z"), None);
    assert_eq!(rule("2026-05-05T15:00:00Z"), Some(Rule::OverLimit));
    assert_eq!(rule("2026-05-06T10:00:00Z"), Some(Rule::DayOff));
    assert_eq!(rule("2026-05-07T11:45:00Z"), Some(Rule::OutOfOffice));
    assert_eq!(rule("2026-05-08T10:00:00Z"), Some(Rule::Horizon));
}

#[test]
fn when_several_rules_leave_too_few_each_says_whom_it_keeps() {
    let (days, never) = (daily(Zone::UTC, &[(0, 1440)]), daily(Zone::UTC, &[]));
    let free = InterviewerCalendar::default();
    let busy = fold(&[
        held(7, "2026-05-05T10:00:00Z", "2026-05-04T09:15:00Z"),
        confirmed(7),
    ]);
    let people = [
        person(1, &days, &free),
        person(2, &days, &busy),
        person(3, &never, &free),
    ];
    let mut spec = short();
    spec.panel.strategy = PanelStrategy::RoundRobin;
    spec.panel.seats = 2;

    let removed = explained(
        &people,
        &spec,
        "2026-05-05T10:00:00Z",
        "2026-05-05T11:15:00Z",
        "2026-05-04T10:00:00Z",
    );

    let obstacle = |rule, account| Obstacle {
        rule,
        people: vec![id(account)],
    };
    assert_eq!(removed.len(), 4);
    assert_eq!(removed[0].rule, Rule::TooFew);
    assert_eq!(removed[0].needed, 2);
    assert_eq!(
        removed[0].obstacles,
        [obstacle(Rule::OutsideWindows, 3), obstacle(Rule::Claimed, 2)]
    );
}

/// The refusals that a rule may come with when the start itself is fine.
fn refusals_of(rule: Rule) -> &'static [Refusal] {
    const NOBODY: Refusal = Refusal::SlotNotOffered { rule: UNAVAILABLE };
    const FULL: Refusal = Refusal::SlotNotOffered { rule: OVER_LIMIT };
    match rule {
        Rule::Past => &[Refusal::SlotNotOffered { rule: PAST }],
        Rule::Notice => &[Refusal::NoticeTooShort { minutes: 120 }],
        Rule::Horizon => &[Refusal::SlotNotOffered { rule: BEYOND_HORIZON }],
        Rule::OutsideWindows | Rule::DayOff | Rule::OutOfOffice => &[NOBODY],
        Rule::Claimed | Rule::Held | Rule::BusyElsewhere => &[Refusal::SlotTaken],
        Rule::OverLimit => &[FULL],
        Rule::TypeLimit => &[Refusal::SlotNotOffered {
            rule: OVER_TYPE_LIMIT,
        }],
        Rule::TooFew => &[NOBODY, FULL, Refusal::SlotTaken],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_explanation_says_of_every_start_what_a_booking_of_it_would_be_told(
        zone in proptest::sample::select(zones()),
        pool in proptest::collection::vec(
            (0_u32..20, proptest::collection::vec((0_i64..72 * 4, any::<bool>()), 0..6), proptest::option::of(1_u32..3)),
            1..5,
        ),
        seats in 1_u8..3,
        together in any::<bool>(),
        day in 0_i64..730,
    ) {
        let from = utc("2026-01-01T00:00:00Z") + Duration::days(day);
        let (to, now) = (from + Duration::days(3), from + Duration::hours(5));
        let facts: Vec<_> = pool
            .iter()
            .map(|(opens, claims, most)| {
                let stated = daily(zone, &[(opens * 60, (opens + 4) * 60)]);
                let absent = away(&(from + Duration::hours(30)).to_rfc3339(), &(from + Duration::hours(40)).to_rfc3339());
                let stated = most.map_or(stated.clone().evolve(&absent), |most| stated.evolve(&a_day(most)));
                let mut history = Vec::new();
                for (number, (quarter, firm)) in (10..).zip(claims) {
                    let start = (from + Duration::minutes(quarter * 15)).to_rfc3339();
                    history.push(held(number, &start, &(now + Duration::hours(1)).to_rfc3339()));
                    history.extend(firm.then(|| confirmed(number)));
                }
                (stated, fold::<InterviewerCalendar>(&history))
            })
            .collect();
        let people: Vec<_> = (1..).zip(&facts).map(|(number, (stated, claims))| person(number, stated, claims)).collect();
        let mut spec = TypeSpec { notice_minutes: 120, horizon: Horizon::Days(2), buffer_after_minutes: 10, ..short() };
        spec.panel.strategy = if together { PanelStrategy::Collective } else { PanelStrategy::RoundRobin };
        spec.panel.seats = seats.min(u8::try_from(pool.len()).unwrap());

        let told = explain(&spec, &people, from, to, now);

        prop_assert_eq!(&told.offers, &offers(&spec, &people, from, to, now));
        prop_assert!(!told.removed.is_empty());
        for offer in &told.offers {
            let panel = check(&spec, &people, offer.span.start, now, None);
            prop_assert_eq!(panel.as_ref(), Ok(&offer.panel));
        }
        for removed in &told.removed {
            let refused = check(&spec, &people, removed.span.start, now, None).unwrap_err();
            prop_assert!(refusals_of(removed.rule).contains(&refused), "{:?} {:?}", removed, refused);
            let kept: usize = removed.obstacles.iter().map(|obstacle| obstacle.people.len()).sum();
            let start_is_at_fault = matches!(removed.rule, Rule::Past | Rule::Notice | Rule::Horizon);
            prop_assert!(start_is_at_fault || people.len() - kept < removed.needed, "{:?}", removed);
        }
    }
}

fn first_date_refused(horizon: Horizon, now: &str, dates: &[(&str, Option<&'static str>)]) {
    let availability = daily(zone("Europe/Berlin"), &[(0, 1440)]);
    let claims = InterviewerCalendar::default();
    let people = [person(1, &availability, &claims)];
    let spec = TypeSpec { horizon, ..short() };
    for (start, expected) in dates {
        let refused = check(&spec, &people, utc(start), utc(now), None).err();
        assert_eq!(
            refused,
            expected.map(|rule| Refusal::SlotNotOffered { rule }),
            "{start}"
        );
    }
}

#[test]
fn business_days_pass_over_the_weekend_and_count_in_the_zone_of_the_interviewer() {
    // Thursday in Berlin already: Friday and Monday are two business days ahead.
    first_date_refused(
        Horizon::BusinessDays(2),
        "2026-05-06T22:30:00Z",
        &[
            ("2026-05-09T10:00:00Z", None),
            ("2026-05-11T21:45:00Z", None),
            ("2026-05-11T22:00:00Z", Some(BEYOND_HORIZON)),
        ],
    );
}

#[test]
fn a_range_of_dates_has_a_first_and_a_last_date() {
    let dates = Horizon::Dates {
        from: "2026-05-11".parse().unwrap(),
        until: "2026-05-12".parse().unwrap(),
    };
    first_date_refused(
        dates,
        "2026-05-04T10:00:00Z",
        &[
            ("2026-05-10T21:45:00Z", Some(BEFORE_DATES)),
            ("2026-05-10T22:00:00Z", None),
            ("2026-05-12T21:45:00Z", None),
            ("2026-05-12T22:00:00Z", Some(BEYOND_HORIZON)),
        ],
    );
}

#[test]
fn starts_are_aligned_to_the_first_of_the_day() {
    let availability = daily(Zone::UTC, &[(540, 660)]);
    let claims = InterviewerCalendar::default();
    let people = [person(1, &availability, &claims)];
    let spec = TypeSpec {
        slot_step_minutes: 60,
        slot_offset_minutes: 20,
        ..short()
    };
    let (from, to) = (utc("2026-05-05T00:00:00Z"), utc("2026-05-06T00:00:00Z"));

    let starts: Vec<_> = offers(&spec, &people, from, to, from)
        .iter()
        .map(|offer| offer.span.start)
        .collect();

    assert_eq!(starts, ["2026-05-05T09:20:00Z", "2026-05-05T10:20:00Z"].map(utc));
    let off = check(&spec, &people, utc("2026-05-05T10:00:00Z"), from, None);
    assert_eq!(off, Err(Refusal::SlotNotOffered { rule: OFF_STEP }));
}

/// Takes turns among people who have had so many interviews and are to have so large a share, with a priority.
fn turns(seats: u8, people: &[(u32, u16, u8)]) -> Vec<(AccountId, SeatReason)> {
    let availability = daily(Zone::UTC, &[(0, 1440)]);
    let claims = InterviewerCalendar::default();
    let mut spec = short();
    spec.panel.strategy = PanelStrategy::RoundRobin;
    spec.panel.seats = seats;
    let numbered = || (1..).zip(people);
    spec.panel.preferences = numbered()
        .map(|(number, (_, weight, priority))| Preference {
            account: id(number),
            weight: *weight,
            priority: *priority,
        })
        .collect();
    let calendars: Vec<_> = numbered()
        .map(|(number, (recent, ..))| Calendar {
            recent: *recent,
            ..person(number, &availability, &claims)
        })
        .collect();
    let now = utc("2026-05-04T10:00:00Z");
    let panel = check(&spec, &calendars, utc("2026-05-05T10:00:00Z"), now, None).unwrap();
    panel
        .iter()
        .map(|member| (member.account, member.reason))
        .collect()
}

#[test]
fn turns_go_to_the_fewest_for_their_share_then_to_the_preferred_and_say_why() {
    let even = turns(1, &[(2, 100, 9), (1, 100, 0)]);
    let by_share = turns(1, &[(5, 100, 0), (6, 300, 0)]);
    let preferred = turns(1, &[(1, 100, 0), (1, 100, 5)]);
    let everybody = turns(2, &[(1, 100, 0), (1, 100, 5)]);

    assert_eq!(even, [(id(2), SeatReason::FewestRecent)]);
    assert_eq!(by_share, [(id(2), SeatReason::FewestForShare)]);
    assert_eq!(preferred, [(id(2), SeatReason::Preferred)]);
    assert_eq!(
        everybody,
        [
            (id(2), SeatReason::FewestRecent),
            (id(1), SeatReason::FewestRecent)
        ]
    );
}

#[test]
fn a_panel_has_a_lead_and_who_only_listens_is_not_waited_for() {
    let (days, never) = (daily(Zone::UTC, &[(0, 1440)]), daily(Zone::UTC, &[]));
    let free = InterviewerCalendar::default();
    let mut spec = short();
    let role = |role, min, max, pool: &[u128]| RoleSpec {
        role,
        min,
        max,
        pool: pool.iter().map(|account| id(*account)).collect(),
    };
    spec.panel.strategy = PanelStrategy::RoundRobin;
    spec.panel.roles = vec![
        role(PanelRole::Lead, 1, 1, &[1, 2]),
        role(PanelRole::Panel, 1, 1, &[1]),
        role(PanelRole::Shadow, 0, 1, &[3]),
    ];
    let (start, now) = (utc("2026-05-05T10:00:00Z"), utc("2026-05-04T10:00:00Z"));
    let check = |availabilities: [&Availability; 3]| {
        let people = [1, 2, 3].map(|number| person(number, availabilities[number as usize - 1], &free));
        let panel = check(&spec, &people, start, now, None)?;
        Ok(panel
            .iter()
            .map(|member| (member.account, member.role))
            .collect::<Vec<_>>())
    };

    let all = check([&days, &days, &days]).unwrap();
    let without_shadow = check([&days, &days, &never]).unwrap();
    let without_lead = check([&days, &never, &days]);

    assert_eq!(
        all,
        [
            (id(2), PanelRole::Lead),
            (id(1), PanelRole::Panel),
            (id(3), PanelRole::Shadow)
        ]
    );
    assert_eq!(without_shadow, all[..2]);
    assert_eq!(without_lead, Err(Refusal::SlotNotOffered { rule: UNAVAILABLE }));
}
