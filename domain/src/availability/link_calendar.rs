//! Links a calendar that somebody keeps elsewhere.

use super::{
    Availability,
    events::{AvailabilityEvent, CalendarSource, ExternalCalendarLinked},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, ExternalCalendarId},
    refusal::Refusal,
};

/// Most calendars of one person at the same time.
const MOST: usize = 10;

/// The calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkCalendar {
    /// Whose.
    pub account: AccountId,
    /// The new calendar.
    pub calendar: ExternalCalendarId,
    /// Where its times come from.
    pub source: CalendarSource,
}

/// # Errors
/// `WrongState`, when ten are linked already.
pub fn decide(state: &Availability, command: &LinkCalendar) -> Decision<AvailabilityEvent> {
    if state.calendars.contains_key(&command.calendar) {
        return nothing();
    }
    if state.calendars.len() >= MOST {
        return Err(Refusal::WrongState {
            state: "ten calendars are linked",
        });
    }
    one(ExternalCalendarLinked {
        account: command.account,
        calendar: command.calendar,
        source: command.source.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        availability::given::{linked, now},
        given::{decide, id},
    };

    fn link(calendar: u128) -> LinkCalendar {
        LinkCalendar {
            account: id(1),
            calendar: id(calendar),
            source: CalendarSource::File,
        }
    }

    #[test]
    fn a_calendar_is_linked_once() {
        let history = linked(1);
        assert_eq!(history.len(), 1);
        assert_eq!(decide::<Availability>(&history, link(1), now()), nothing());
    }

    #[test]
    fn there_are_at_most_ten_at_the_same_time() {
        let eleventh = decide::<Availability>(&linked(10), link(11), now());
        assert_eq!(eleventh.unwrap_err().code(), "WRONG_STATE");
        assert!(decide::<Availability>(&linked(9), link(11), now()).is_ok());
    }
}
