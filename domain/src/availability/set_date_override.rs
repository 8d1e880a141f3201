//! Gives one date windows of its own, in place of the weekly ones.

use chrono::NaiveDate;

use super::{
    Availability,
    events::{AvailabilityEvent, DateOverrideSet, LocalWindow},
    windows::check_day,
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
};

/// Most dates from today on that may differ from the weekly rules; possible bookings end after 365 days.
const MOST_AHEAD: usize = 400;

/// The windows of one date.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetDateOverride {
    /// Whose.
    pub account: AccountId,
    /// Which local date.
    pub date: NaiveDate,
    /// The windows of that date; none is a day off.
    pub windows: Vec<LocalWindow>,
}

/// # Errors
/// `WrongState` before weekly windows were set, because no zone is known; `Invalid` on `windows`, when they are not in
/// order, and on `date`, when 400 dates from today on have windows of their own already.
pub fn decide(
    state: &Availability,
    command: &SetDateOverride,
    context: &Context,
) -> Decision<AvailabilityEvent> {
    let zone = state.zone().ok_or(Refusal::WrongState {
        state: "no weekly availability is set",
    })?;
    check_day("windows", &command.windows)?;
    if state.overrides.get(&command.date) == Some(&command.windows) {
        return nothing();
    }
    let today = zone.local(context.now).date();
    let is_new = !state.overrides.contains_key(&command.date);
    if is_new && state.overrides.range(today..).count() >= MOST_AHEAD {
        return Err(Refusal::invalid("date", "at most 400 dates can be set ahead"));
    }
    one(DateOverrideSet {
        account: command.account,
        date: command.date,
        windows: command.windows.clone(),
    })
}
