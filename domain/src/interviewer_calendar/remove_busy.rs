//! Forgets when the interviewer is busy by a calendar that was unlinked.

use super::{
    InterviewerCalendar,
    events::{ExternalBusyRemoved, InterviewerCalendarEvent},
};
use crate::{
    aggregate::{Aggregate, Context, Decision, nothing},
    ids::{AccountId, ExternalCalendarId},
};

/// Which calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemoveBusy {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub calendar: ExternalCalendarId,
}

/// # Errors
/// None: a calendar that said nothing is forgotten already.
pub fn decide(
    state: &InterviewerCalendar,
    command: &RemoveBusy,
    context: &Context,
) -> Decision<InterviewerCalendarEvent> {
    if !state.busy.contains_key(&command.calendar) {
        return nothing();
    }
    let removed: InterviewerCalendarEvent = ExternalBusyRemoved {
        account: command.account,
        calendar: command.calendar,
    }
    .into();
    let after = state.clone().evolve(&removed);
    let clashes = after.clashes_after(command.account, context.now);
    Ok([vec![removed], clashes].concat())
}
