//! States that an interviewer is in another zone for a while.

use chrono::{Duration, NaiveDate};

use super::{
    Availability, Journey,
    events::{AvailabilityEvent, TravelPlanned},
    whereabouts::first_moment,
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AccountId, JourneyId},
    refusal::Refusal,
    time::Zone,
};

/// Furthest that a journey lies ahead, in days.
const FURTHEST_DAYS: i64 = 3 * 366;

/// Most journeys of one account that are not over; every search for a slot looks at them all.
const MOST_AHEAD: usize = 50;

/// A journey: from the beginning of a date the windows are meant in another zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanTravel {
    /// Who travels.
    pub account: AccountId,
    /// The new journey.
    pub journey: JourneyId,
    /// The zone from then on.
    pub zone: Zone,
    /// The first date in that zone. It may have begun already.
    pub from: NaiveDate,
    /// The first date that is back home, or on the next journey; never when absent.
    pub until: Option<NaiveDate>,
}

/// # Errors
/// `WrongState`, when no weekly windows were set that could be read in another zone; `Invalid` on `until`, when the
/// journey ends before it begins or is over already; on `from`, when it is more than three years ahead, when another
/// journey covers a part of it, or when 50 journeys are not over yet.
pub fn decide(state: &Availability, command: &PlanTravel, context: &Context) -> Decision<AvailabilityEvent> {
    let journey = Journey {
        zone: command.zone,
        from: command.from,
        until: command.until,
    };
    if state.journeys.get(&command.journey) == Some(&journey) {
        return nothing();
    }
    let home = state.zone().ok_or(Refusal::WrongState {
        state: "no weekly windows are set",
    })?;
    if command.until.is_some_and(|until| until <= command.from) {
        return Err(Refusal::invalid("until", "must be after from"));
    }
    if journey.is_over(home, context) {
        return Err(Refusal::invalid("until", "must be in the future"));
    }
    if command.from > context.now.date_naive() + Duration::days(FURTHEST_DAYS) {
        return Err(Refusal::invalid("from", "must be within the next three years"));
    }
    if state.journeys.values().any(|known| known.overlaps(&journey)) {
        return Err(Refusal::invalid(
            "from",
            "another journey covers a part of these dates",
        ));
    }
    let ahead = state.journeys.values();
    if ahead.filter(|known| !known.is_over(home, context)).count() >= MOST_AHEAD {
        return Err(Refusal::invalid(
            "from",
            "at most 50 journeys can be planned that are not over",
        ));
    }
    one(TravelPlanned {
        account: command.account,
        journey: command.journey,
        zone: command.zone,
        from: command.from,
        until: command.until,
    })
}

impl Journey {
    /// True when the owner is back by now.
    pub(super) fn is_over(&self, home: Zone, context: &Context) -> bool {
        let back = self.until.map(|until| first_moment(home, until));
        back.is_some_and(|back| back <= context.now)
    }

    /// True when there is a date on which both would hold.
    fn overlaps(&self, other: &Self) -> bool {
        let begins_before = |one: &Self, end: Option<NaiveDate>| end.is_none_or(|end| one.from < end);
        begins_before(self, other.until) && begins_before(other, self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        availability::{
            events::TravelPlanned,
            given::{defined, now, travel},
        },
        given::{decide, id},
    };

    fn plan(history: &[AvailabilityEvent], command: PlanTravel) -> Decision<AvailabilityEvent> {
        decide::<Availability>(history, command, now())
    }

    fn then(command: PlanTravel) -> Vec<AvailabilityEvent> {
        let mut history = defined();
        history.extend(plan(&history, command).unwrap());
        history
    }

    #[track_caller]
    fn check_refused(history: &[AvailabilityEvent], command: PlanTravel, expected: &'static str) {
        match plan(history, command) {
            Err(Refusal::Invalid { field, .. }) => assert_eq!(field, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_journey_is_planned_once() {
        let history = then(travel(7, "2026-05-06", Some("2026-05-09")));
        assert_eq!(history.len(), 2);
        assert_eq!(
            plan(&history, travel(7, "2026-05-06", Some("2026-05-09"))),
            nothing()
        );
    }

    #[test]
    fn a_journey_has_windows_to_be_read_elsewhere() {
        let planned = plan(&[], travel(7, "2026-05-06", None));
        assert_eq!(planned.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn a_journey_ends_after_it_begins_and_not_in_the_past() {
        check_refused(&defined(), travel(7, "2026-05-06", Some("2026-05-06")), "until");
        check_refused(&defined(), travel(7, "2026-05-06", Some("2026-05-05")), "until");
        check_refused(&defined(), travel(7, "2026-04-06", Some("2026-05-04")), "until");
        assert!(plan(&defined(), travel(7, "2026-04-06", Some("2026-05-05"))).is_ok());
        check_refused(&defined(), travel(7, "2029-05-12", None), "from");
    }

    #[test]
    fn journeys_that_contradict_each_other_are_refused_and_those_that_touch_are_not() {
        let history = then(travel(7, "2026-05-06", Some("2026-05-09")));
        check_refused(&history, travel(8, "2026-05-08", Some("2026-05-12")), "from");
        check_refused(&history, travel(8, "2026-05-05", Some("2026-05-07")), "from");
        check_refused(&history, travel(8, "2026-05-01", None), "from");
        check_refused(&history, travel(8, "2026-05-07", Some("2026-05-08")), "from");
        assert!(plan(&history, travel(8, "2026-05-09", None)).is_ok());
        assert!(plan(&history, travel(8, "2026-05-01", Some("2026-05-06"))).is_ok());
        let for_good = then(travel(7, "2026-05-06", None));
        check_refused(&for_good, travel(8, "2028-05-09", None), "from");
    }

    #[test]
    fn there_are_at_most_fifty_journeys_ahead() {
        let day = |number: i64| now().date_naive() + Duration::days(number);
        let planned = |number: i64| TravelPlanned {
            account: id(1),
            journey: id(u128::try_from(number + 1_000).unwrap()),
            zone: "Asia/Tokyo".parse().unwrap(),
            from: day(number),
            until: Some(day(number + 1)),
        };
        let history = |first: i64| -> Vec<AvailabilityEvent> {
            let planned = (first..first + 50).map(|number| planned(number).into());
            defined().into_iter().chain(planned).collect()
        };
        check_refused(&history(0), travel(7, "2027-05-06", None), "from");
        assert!(plan(&history(-1), travel(7, "2027-05-06", None)).is_ok());
    }
}
