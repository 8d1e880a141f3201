//! Calendars that people keep elsewhere are fetched from when they are linked.

use crate::{
    availability::events::{AvailabilityEvent, CalendarSource},
    processes::{Due, deed::Deed},
    time::Instant,
};

/// What is wanted when a calendar with an address is linked. The deed goes on by itself until the calendar is unlinked.
pub(super) fn of_availability(event: &AvailabilityEvent, now: Instant) -> Vec<Due> {
    match event {
        AvailabilityEvent::ExternalCalendarLinked(event) => match event.source {
            CalendarSource::Feed { .. } => {
                let (account, calendar) = (event.account, event.calendar);
                vec![(Deed::FetchCalendar { account, calendar }, now)]
            }
            CalendarSource::File => Vec::new(),
        },
        AvailabilityEvent::WeeklyAvailabilityDefined(_)
        | AvailabilityEvent::DateOverrideSet(_)
        | AvailabilityEvent::DateOverrideCleared(_)
        | AvailabilityEvent::OutOfOfficeDeclared(_)
        | AvailabilityEvent::OutOfOfficeWithdrawn(_)
        | AvailabilityEvent::BookingLimitsSet(_)
        | AvailabilityEvent::TravelPlanned(_)
        | AvailabilityEvent::TravelCancelled(_)
        | AvailabilityEvent::ExternalCalendarUnlinked(_) => Vec::new(),
    }
}
