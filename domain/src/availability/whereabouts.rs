//! Which zone somebody's windows are meant in, moment by moment (rule T8).
//!
//! A journey begins with its first date and ends with the date on which its owner is back: each date begins at its own
//! midnight, in the zone that comes into force with it. Whoever flies west has a longer day then, whoever flies east a
//! shorter one. Where two such midnights come in the wrong order, the zone of the later date holds.

use chrono::{NaiveDate, NaiveTime};

use super::{Availability, Journey};
use crate::time::{Instant, Span, Zone};

/// Which zone is in force when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Whereabouts {
    home: Zone,
    /// Other zones that come into force, by date.
    changes: Vec<(Instant, Zone)>,
}

impl Availability {
    /// Which zone is in force when; `None` until weekly windows were set.
    pub fn whereabouts(&self) -> Option<Whereabouts> {
        let home = self.zone()?;
        let mut journeys: Vec<&Journey> = self.journeys.values().collect();
        journeys.sort_unstable_by_key(|journey| journey.from);
        let mut changes = Vec::with_capacity(journeys.len() * 2);
        for (index, journey) in journeys.iter().enumerate() {
            changes.push((first_moment(journey.zone, journey.from), journey.zone));
            let goes_on = journeys.get(index + 1).map(|next| next.from) == journey.until;
            if let Some(until) = journey.until.filter(|_| !goes_on) {
                changes.push((first_moment(home, until), home));
            }
        }
        Some(Whereabouts { home, changes })
    }

    /// The zone that is in force at a moment; `None` until weekly windows were set.
    pub fn zone_at(&self, moment: Instant) -> Option<Zone> {
        self.whereabouts().map(|whereabouts| whereabouts.at(moment))
    }

    /// A stretch of time, cut where another zone comes into force; nothing until weekly windows were set.
    pub fn zones(&self, within: Span) -> Vec<(Zone, Span)> {
        let whereabouts = self.whereabouts();
        whereabouts.map_or_else(Vec::new, |whereabouts| whereabouts.within(within))
    }
}

impl Whereabouts {
    /// The zone that is in force at a moment.
    pub fn at(&self, moment: Instant) -> Zone {
        let mut begun = self.changes.iter().rev().filter(|(from, _)| *from <= moment);
        begun.next().map_or(self.home, |(_, zone)| *zone)
    }

    /// A stretch of time, cut where another zone comes into force, in order.
    fn within(&self, span: Span) -> Vec<(Zone, Span)> {
        let mut stretches = Vec::new();
        let mut end = span.end;
        for (from, zone) in self.changes.iter().rev() {
            let start = span.start.max(*from);
            if start < end {
                stretches.push((*zone, Span { start, end }));
            }
            end = end.min(*from);
        }
        if span.start < end {
            stretches.push((self.home, Span { end, ..span }));
        }
        stretches.reverse();
        stretches
    }
}

/// The first moment of a local date, also where its midnight is skipped.
pub(super) fn first_moment(zone: Zone, date: NaiveDate) -> Instant {
    zone.instant(date.and_time(NaiveTime::MIN))
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        availability::{
            events::{AvailabilityEvent, TravelPlanned},
            given::defined_in,
        },
        given::{fold, id, utc},
    };

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    fn travelling(home: &str, journeys: &[(&str, &str, Option<&str>)]) -> Availability {
        let mut history: Vec<AvailabilityEvent> = defined_in(home);
        for (number, (zone, from, until)) in (1..).zip(journeys) {
            let planned = TravelPlanned {
                account: id(1),
                journey: id(number),
                zone: zone.parse().unwrap(),
                from: from.parse().unwrap(),
                until: until.map(|until| until.parse().unwrap()),
            };
            history.push(planned.into());
        }
        fold(&history)
    }

    #[track_caller]
    fn check(availability: &Availability, moment: &str, expected: &str) {
        assert_eq!(
            availability.zone_at(utc(moment)),
            Some(zone(expected)),
            "{moment}"
        );
    }

    #[test]
    fn a_journey_begins_and_ends_with_a_date_of_the_zone_that_is_reached() {
        let away = travelling(
            "Europe/Berlin",
            &[("America/New_York", "2026-05-06", Some("2026-05-09"))],
        );
        check(&away, "2026-05-06T03:59:59Z", "Europe/Berlin");
        check(&away, "2026-05-06T04:00:00Z", "America/New_York");
        check(&away, "2026-05-08T21:59:59Z", "America/New_York");
        check(&away, "2026-05-08T22:00:00Z", "Europe/Berlin");
    }

    #[test]
    fn journeys_that_follow_each_other_do_not_pass_through_home() {
        let away = travelling(
            "Europe/Berlin",
            &[
                ("America/New_York", "2026-05-06", Some("2026-05-09")),
                ("Asia/Tokyo", "2026-05-09", None),
            ],
        );
        check(&away, "2026-05-08T14:59:59Z", "America/New_York");
        check(&away, "2026-05-08T15:00:00Z", "Asia/Tokyo");
        check(&away, "2027-05-08T15:00:00Z", "Asia/Tokyo");
    }

    #[test]
    fn where_midnights_come_in_the_wrong_order_the_later_date_holds() {
        let across = travelling(
            "Etc/GMT+12",
            &[
                ("Etc/GMT+12", "2026-05-06", Some("2026-05-07")),
                ("Pacific/Kiritimati", "2026-05-07", None),
            ],
        );
        check(&across, "2026-05-06T09:59:59Z", "Etc/GMT+12");
        check(&across, "2026-05-06T10:00:00Z", "Pacific/Kiritimati");
        check(&across, "2026-05-06T12:00:00Z", "Pacific/Kiritimati");
    }

    proptest! {
        #[test]
        fn the_stretches_of_a_span_are_the_zones_of_its_moments(
            home in proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
            places in proptest::collection::vec(
                (proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec()), 0_i64..3, 1_i64..4, any::<bool>()),
                0..4,
            ),
        ) {
            let mut day = utc("2026-03-27T00:00:00Z").date_naive();
            let mut history = defined_in(home.name());
            for (number, (place, pause, length, comes_back)) in (1..).zip(&places) {
                let from = day + Duration::days(*pause);
                day = from + Duration::days(*length);
                let is_last = number == places.len();
                let planned = TravelPlanned {
                    account: id(1),
                    journey: id(number as u128),
                    zone: zone(place.name()),
                    from,
                    until: (*comes_back || !is_last).then_some(day),
                };
                history.push(planned.into());
            }
            let availability: Availability = fold(&history);
            let within = Span { start: utc("2026-03-26T00:00:00Z"), end: utc("2026-04-12T00:00:00Z") };

            let stretches = availability.zones(within);

            let mut covered_to = within.start;
            for (zone, span) in &stretches {
                prop_assert_eq!(span.start, covered_to);
                covered_to = span.end;
                let mut moment = span.start;
                while moment < span.end {
                    prop_assert_eq!(availability.zone_at(moment), Some(*zone));
                    moment += Duration::minutes(47);
                }
            }
            prop_assert_eq!(covered_to, within.end);
        }
    }
}
