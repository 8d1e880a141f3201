//! Takes a journey back.

use super::{
    Availability,
    events::{AvailabilityEvent, TravelCancelled},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AccountId, JourneyId},
    refusal::Refusal,
    time::Zone,
};

/// Which journey is taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CancelTravel {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub journey: JourneyId,
}

/// # Errors
/// `NotFound` for a journey that was never planned; `WrongState` for one that is over.
pub fn decide(
    state: &Availability,
    command: &CancelTravel,
    context: &Context,
) -> Decision<AvailabilityEvent> {
    if state.cancelled.contains(&command.journey) {
        return nothing();
    }
    let journey = state.journeys.get(&command.journey);
    let journey = journey.ok_or(Refusal::NotFound { what: "journey" })?;
    if journey.is_over(state.zone().unwrap_or(Zone::UTC), context) {
        return Err(Refusal::WrongState {
            state: "the journey is over",
        });
    }
    one(TravelCancelled {
        account: command.account,
        journey: command.journey,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        availability::given::{defined, now, travel},
        given::{decide, fold, id, utc},
    };

    fn cancel() -> CancelTravel {
        CancelTravel {
            account: id(1),
            journey: id(7),
        }
    }

    fn planned() -> Vec<AvailabilityEvent> {
        let mut history = defined();
        let travel = travel(7, "2026-05-06", Some("2026-05-09"));
        history.extend(decide::<Availability>(&history, travel, now()).unwrap());
        history
    }

    #[test]
    fn a_journey_that_is_taken_back_once_never_was() {
        let mut history = planned();
        let meanwhile = utc("2026-05-07T12:00:00Z");
        let home = fold::<Availability>(&defined()).zone();
        assert_ne!(fold::<Availability>(&history).zone_at(meanwhile), home);

        history.extend(decide::<Availability>(&history, cancel(), now()).unwrap());

        assert_eq!(fold::<Availability>(&history).zone_at(meanwhile), home);
        assert_eq!(decide::<Availability>(&history, cancel(), now()), nothing());
    }

    #[test]
    fn a_journey_that_is_unknown_or_over_is_not_taken_back() {
        let unknown = decide::<Availability>(&defined(), cancel(), now());
        let over = decide::<Availability>(&planned(), cancel(), utc("2026-05-08T22:00:00Z"));
        assert_eq!(unknown.unwrap_err().code(), "NOT_FOUND");
        assert_eq!(over.unwrap_err().code(), "WRONG_STATE");
    }
}
