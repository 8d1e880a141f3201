//! Sets how much an interviewer takes on, in place of what was set before.

use super::{
    Availability,
    events::{AvailabilityEvent, BookingLimits, BookingLimitsSet, Caps},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
};

/// Highest limit of anything: more than the minutes of the longest month, so that whatever makes sense is below.
const HIGHEST: u32 = 50_000;

/// How much an interviewer takes on from now on. Existing interviews stay, also those beyond.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetBookingLimits {
    /// Whose.
    pub account: AccountId,
    /// The limits.
    pub limits: BookingLimits,
}

/// # Errors
/// `Invalid` on a limit that is zero or above 50,000, and on one that a shorter period exceeds (rule T6): it would make
/// no difference what the shorter one says.
pub fn decide(state: &Availability, command: &SetBookingLimits) -> Decision<AvailabilityEvent> {
    check(&command.limits.interviews, ["perDay", "perWeek", "perMonth"])?;
    check(
        &command.limits.minutes,
        ["minutesPerDay", "minutesPerWeek", "minutesPerMonth"],
    )?;
    if state.limits == command.limits {
        return nothing();
    }
    one(BookingLimitsSet {
        account: command.account,
        limits: command.limits,
    })
}

fn check(caps: &Caps, fields: [&'static str; 3]) -> Result<(), Refusal> {
    let mut shorter = None;
    for (cap, field) in [caps.day, caps.week, caps.month].into_iter().zip(fields) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        availability::given::{caps, limits, now},
        given::{decide, id},
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
