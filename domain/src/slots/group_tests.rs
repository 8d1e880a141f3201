//! Groups in the search for slots.

use proptest::prelude::*;

use super::*;
use crate::{
    availability::events::{LocalWindow, WeeklyAvailabilityDefined, WeeklyRule},
    given::{decide, fold, id, utc},
    interview_type::{events::PanelStrategy, given::spec},
    interviewer_calendar::{
        events::{GroupSeat, InterviewerCalendarEvent, ReleaseReason},
        place_hold::PlaceHold,
        release_claim::ReleaseClaim,
    },
};

const START: &str = "2026-05-05T10:00:00Z";

fn now() -> Instant {
    utc("2026-05-04T10:00:00Z")
}

fn always(account: u128) -> Availability {
    let every_day = WeeklyRule {
        weekdays: (0..7)
            .map(|day| chrono::Weekday::try_from(day).unwrap())
            .collect(),
        window: LocalWindow {
            from: NaiveTime::MIN,
            to: None,
        },
    };
    let defined = WeeklyAvailabilityDefined {
        account: id(account),
        zone: Zone::UTC,
        rules: vec![every_day],
    };
    fold(&[defined.into()])
}

fn classes(seats: u8) -> TypeSpec {
    let mut spec = TypeSpec {
        duration_minutes: 30,
        slot_step_minutes: 30,
        notice_minutes: 0,
        candidate_seats: seats,
        ..spec()
    };
    spec.panel.strategy = PanelStrategy::RoundRobin;
    spec.panel.seats = 1;
    spec
}

/// Interviewers with what happened in their calendars.
#[derive(Clone, Default, Debug)]
struct School {
    hosts: Vec<(Availability, Vec<InterviewerCalendarEvent>)>,
    groups: u128,
}

impl School {
    fn of(hosts: u128) -> Self {
        Self {
            hosts: (1..=hosts).map(|host| (always(host), Vec::new())).collect(),
            groups: 0,
        }
    }

    fn found<T>(&self, product: &Product<'_>, ask: impl FnOnce(&Product<'_>, &[Calendar<'_>]) -> T) -> T {
        let folded = self
            .hosts
            .iter()
            .map(|(hours, events)| (hours, fold::<InterviewerCalendar>(events)));
        let folded: Vec<_> = folded.collect();
        let calendars = (1..).zip(&folded).map(|(number, (hours, claims))| Calendar {
            account: id(number),
            availability: hours,
            claims,
            recent: claims.recent_claims(now()),
        });
        ask(product, &calendars.collect::<Vec<_>>())
    }

    /// Books as the use case does: what the search found is claimed, by a decision of each calendar.
    fn book(
        &mut self,
        spec: &TypeSpec,
        candidate: u128,
        interview: u128,
        start: Instant,
    ) -> Result<Offer, Refusal> {
        let product = Product {
            interview_type: Some(id(11)),
            ..Product::of(spec)
        };
        let offer = self.found(&product, |product, people| check(product, people, start, now()))?;
        let new = 100 + self.groups;
        let place = offer.share.as_ref().map(|share| share.place(|| id(new)));
        if offer.share.as_ref().is_some_and(|share| share.group.is_none()) {
            self.groups += 1;
        }
        let mut after = self.clone();
        for member in &offer.panel {
            let hold = PlaceHold {
                account: member.account,
                claim: id(interview),
                interview: id(interview),
                interview_type: Some(id(11)),
                group: place.map(|place| GroupSeat {
                    place,
                    candidate: id(candidate),
                    role: member.role,
                    reason: member.reason,
                }),
                revision: 1,
                span: offer.span,
                before: spec.buffer_before_minutes,
                after: spec.buffer_after_minutes,
                expires_at: now() + Duration::days(1),
                moving: None,
            };
            let host = usize::try_from(member.account.uuid().as_u128()).unwrap() - 1;
            let events = &mut after.hosts[host].1;
            events.extend(decide::<InterviewerCalendar>(events, hold, now())?);
        }
        *self = after;
        Ok(offer)
    }

    fn cancel(&mut self, interview: u128) {
        for (number, (_, events)) in (1..).zip(&mut self.hosts) {
            let release = ReleaseClaim {
                account: id(number),
                claim: id(interview),
                reason: ReleaseReason::Cancelled,
            };
            if let Ok(released) = decide::<InterviewerCalendar>(events, release, now()) {
                events.extend(released);
            }
        }
    }

    fn offered(&self, spec: &TypeSpec, start: Instant) -> Option<usize> {
        let product = Product {
            interview_type: Some(id(11)),
            ..Product::of(spec)
        };
        let until = start + Duration::minutes(1);
        let offers = self.found(&product, |product, people| {
            offers(product, people, start, until, now())
        });
        offers
            .first()
            .map(|offer| offer.share.as_ref().unwrap().seats_left())
    }
}

#[test]
fn one_who_has_a_seat_gets_no_other_one_in_the_group() {
    let (mut school, spec) = (School::of(1), classes(3));
    school.book(&spec, 50, 1, utc(START)).unwrap();

    let again = school.book(&spec, 50, 2, utc(START));
    let other = school.book(&spec, 51, 2, utc(START));

    assert_eq!(again, Err(Refusal::AlreadyInGroup));
    assert_eq!(other.unwrap().share.unwrap().candidates.len(), 1);
    assert_eq!(school.offered(&spec, utc(START)), Some(1));
}

#[test]
fn a_group_keeps_its_size_and_keeps_others_out() {
    let (mut school, spec) = (School::of(1), classes(2));
    school.book(&spec, 50, 1, utc(START)).unwrap();
    let smaller = classes(1);
    let larger = classes(9);
    let other = TypeSpec {
        slot_step_minutes: 5,
        ..classes(2)
    };
    let near = utc("2026-05-05T10:25:00Z");

    assert_eq!(school.book(&smaller, 51, 2, utc(START)), Err(Refusal::SlotTaken));
    assert_eq!(school.book(&other, 51, 2, near), Err(Refusal::SlotTaken));
    school.book(&larger, 51, 2, utc(START)).unwrap();
    assert_eq!(school.book(&larger, 52, 3, utc(START)), Err(Refusal::SlotTaken));
    assert_eq!(school.offered(&larger, utc(START)), None);
}

#[test]
fn a_group_without_candidates_is_none_and_its_time_is_free() {
    let (mut school, spec) = (School::of(1), classes(2));
    school.book(&spec, 50, 1, utc(START)).unwrap();
    school.book(&spec, 51, 2, utc(START)).unwrap();
    school.cancel(1);
    assert_eq!(school.offered(&spec, utc(START)), Some(1));
    school.cancel(2);
    assert_eq!(school.offered(&spec, utc(START)), Some(2));
    assert!(
        school
            .book(&classes(1), 52, 3, utc("2026-05-05T10:00:00Z"))
            .is_ok()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is booked and called off in whatever order: no group has more candidates than seats, nobody meets two groups
    /// at one time, each candidate has one seat in a group, and what is offered is what can be booked.
    #[test]
    fn groups_are_never_overfull_and_never_overlap(
        hosts in 1_u128..4,
        seats in 2_u8..5,
        steps in proptest::collection::vec((0_u128..12, 0_i64..4, any::<bool>()), 1..40),
    ) {
        let (mut school, spec) = (School::of(hosts), classes(seats));
        let mut taken: BTreeMap<u128, (u128, Instant, Option<GroupId>)> = BTreeMap::new();
        for (number, (candidate, half_hours, cancels)) in (1_u128..).zip(steps) {
            let start = utc(START) + Duration::minutes(30 * half_hours);
            let found = taken.iter().find(|(_, seat)| (seat.0, seat.1) == (candidate, start));
            if let Some((interview, _)) = found.filter(|_| cancels) {
                let interview = *interview;
                school.cancel(interview);
                taken.remove(&interview);
                continue;
            }
            let left = school.offered(&spec, start);
            match school.book(&spec, candidate, number, start) {
                Ok(offer) => {
                    prop_assert_eq!(left, Some(offer.share.as_ref().unwrap().seats_left()));
                    let host = usize::try_from(offer.panel[0].account.uuid().as_u128()).unwrap() - 1;
                    let calendar: InterviewerCalendar = fold(&school.hosts[host].1);
                    let claim = calendar.claim(id(number)).unwrap();
                    taken.insert(number, (candidate, start, claim.group.map(|seat| seat.place.group)));
                }
                Err(Refusal::AlreadyInGroup) => prop_assert!(left.is_some()),
                Err(refusal) => {
                    prop_assert_eq!(refusal, Refusal::SlotTaken);
                    prop_assert_eq!(left, None);
                }
            }
            let mut members: BTreeMap<GroupId, Vec<u128>> = BTreeMap::new();
            for (candidate, _, group) in taken.values() {
                members.entry(group.unwrap()).or_default().push(*candidate);
            }
            for candidates in members.values_mut() {
                prop_assert!(candidates.len() <= usize::from(seats));
                candidates.sort_unstable();
                prop_assert!(candidates.windows(2).all(|pair| pair[0] != pair[1]));
            }
            for (_, events) in &school.hosts {
                let calendar: InterviewerCalendar = fold(events);
                let claims: Vec<_> = calendar.live_claims(now()).collect();
                for one in &claims {
                    let others = claims.iter().filter(|other| other.meeting() != one.meeting());
                    prop_assert!(others.into_iter().all(|other| !other.protected().overlaps(one.protected())));
                }
            }
        }
    }
}
