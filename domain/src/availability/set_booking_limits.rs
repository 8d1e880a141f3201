//! Sets how much an interviewer takes on, in place of what was set before.

use super::{
    Availability,
    events::{AvailabilityEvent, BookingLimits, BookingLimitsSet},
    limits::LimitFields,
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
};

/// How the limits are called in the input.
const FIELDS: LimitFields = LimitFields {
    interviews: ["perDay", "perWeek", "perMonth"],
    minutes: ["minutesPerDay", "minutesPerWeek", "minutesPerMonth"],
};

/// How much an interviewer takes on from now on. Existing interviews stay, also those beyond.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetBookingLimits {
    /// Whose.
    pub account: AccountId,
    /// The limits.
    pub limits: BookingLimits,
}

/// # Errors
/// As [`BookingLimits::check`].
pub fn decide(state: &Availability, command: &SetBookingLimits) -> Decision<AvailabilityEvent> {
    command.limits.check(FIELDS)?;
    if state.limits == command.limits {
        return nothing();
    }
    one(BookingLimitsSet {
        account: command.account,
        limits: command.limits,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        availability::{
            events::Caps,
            given::{caps, limits, now},
        },
        given::{decide, id},
        refusal::Refusal,
    };

    fn set(limits: BookingLimits) -> Decision<AvailabilityEvent> {
        let command = SetBookingLimits {
            account: id(1),
            limits,
        };
        decide::<Availability>(&[], command, now())
    }

    fn refused_field(limits: BookingLimits) -> Option<&'static str> {
        match set(limits) {
            Err(Refusal::Invalid { field, .. }) => Some(field),
            Err(_) | Ok(_) => None,
        }
    }

    #[test]
    fn limits_are_set_once_and_taken_away_by_setting_none() {
        let some = limits(caps(2, 5, 5), caps(60, 60, 600));
        let command = |limits| SetBookingLimits {
            account: id(1),
            limits,
        };

        let events = set(some).unwrap();

        assert_eq!(events.len(), 1);
        assert_eq!(decide::<Availability>(&events, command(some), now()), nothing());
        let away = decide::<Availability>(&events, command(BookingLimits::default()), now());
        assert_eq!(away.unwrap().len(), 1);
        assert_eq!(set(BookingLimits::default()), nothing());
    }

    #[test]
    fn a_longer_period_does_not_allow_less_than_a_shorter_one() {
        let none = Caps::default();
        assert_eq!(refused_field(limits(caps(9, 8, 10), none)), Some("perWeek"));
        assert_eq!(refused_field(limits(caps(2, 5, 4), none)), Some("perMonth"));
        let no_week = Caps {
            week: None,
            ..caps(9, 0, 5)
        };
        assert_eq!(refused_field(limits(no_week, none)), Some("perMonth"));
        assert_eq!(
            refused_field(limits(none, caps(90, 60, 60))),
            Some("minutesPerWeek")
        );
    }

    #[test]
    fn a_limit_is_neither_zero_nor_beyond_all_measure() {
        let none = Caps::default();
        assert_eq!(refused_field(limits(caps(0, 1, 1), none)), Some("perDay"));
        let most = Caps {
            month: Some(50_000),
            ..none
        };
        let beyond = Caps {
            month: Some(50_001),
            ..none
        };
        assert_eq!(refused_field(limits(none, most)), None);
        assert_eq!(refused_field(limits(none, beyond)), Some("minutesPerMonth"));
    }
}
