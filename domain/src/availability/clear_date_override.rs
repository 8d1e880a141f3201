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
