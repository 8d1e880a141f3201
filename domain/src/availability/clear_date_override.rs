//! Lets the weekly windows hold again on a date.

use chrono::NaiveDate;

use super::{
    Availability,
    events::{AvailabilityEvent, DateOverrideCleared},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
};

/// Which date is as every week again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClearDateOverride {
    /// Whose.
    pub account: AccountId,
    /// Which local date.
    pub date: NaiveDate,
}

/// # Errors
/// None: a date without windows of its own is as wanted already.
pub fn decide(state: &Availability, command: &ClearDateOverride) -> Decision<AvailabilityEvent> {
    if !state.overrides.contains_key(&command.date) {
        return nothing();
    }
    one(DateOverrideCleared {
        account: command.account,
        date: command.date,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        availability::given::{date, defined, now, window},
        given::{decide, fold, id},
    };

    #[test]
    fn the_weekly_windows_hold_again_on_a_cleared_date() {
        let set = date("2026-05-11", Vec::new());
        let clear = || ClearDateOverride {
            account: id(1),
            date: set.date,
        };
        let mut history = defined();
        history.extend(decide::<Availability>(&history, set.clone(), now()).unwrap());
        history.extend(decide::<Availability>(&history, clear(), now()).unwrap());
        let state: Availability = fold(&history);

        assert_eq!(state.windows(set.date), [window("09:00", Some("17:00"))]);
        assert_eq!(decide::<Availability>(&history, clear(), now()), nothing());
    }
}
