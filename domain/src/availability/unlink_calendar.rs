//! Unlinks a calendar that somebody keeps elsewhere.

use super::{
    Availability,
    events::{AvailabilityEvent, ExternalCalendarUnlinked},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, ExternalCalendarId},
    refusal::Refusal,
};

/// Which calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnlinkCalendar {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub calendar: ExternalCalendarId,
}

/// # Errors
/// `NotFound` for a calendar that was never linked.
pub fn decide(state: &Availability, command: &UnlinkCalendar) -> Decision<AvailabilityEvent> {
    if state.unlinked.contains(&command.calendar) {
        return nothing();
    }
    if !state.calendars.contains_key(&command.calendar) {
        return Err(Refusal::NotFound { what: "calendar" });
    }
    one(ExternalCalendarUnlinked {
        account: command.account,
        calendar: command.calendar,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        availability::given::{linked, now},
        given::{decide, fold, id},
    };

    fn unlink(calendar: u128) -> UnlinkCalendar {
        UnlinkCalendar {
            account: id(1),
            calendar: id(calendar),
        }
    }

    #[test]
    fn a_calendar_is_unlinked_once() {
        let mut history = linked(2);
        history.extend(decide::<Availability>(&history, unlink(2), now()).unwrap());
        assert_eq!(history.len(), 3);
        assert_eq!(decide::<Availability>(&history, unlink(2), now()), nothing());
        let state = fold::<Availability>(&history);
        assert!(state.calendar(id(2)).is_none() && state.calendar(id(1)).is_some());
    }

    #[test]
    fn a_calendar_that_was_never_linked_is_not_found() {
        let unknown = decide::<Availability>(&linked(1), unlink(7), now());
        assert_eq!(unknown.unwrap_err().code(), "NOT_FOUND");
    }
}
