//! When an interviewer can be met: weekly windows in local time, dates that differ, absences, journeys to other zones, and
//! how much is too much.
//! One stream per account.

pub mod cancel_travel;
pub mod clear_date_override;
pub mod declare_out_of_office;
pub mod define_weekly;
pub mod events;
#[cfg(test)]
mod given;
pub mod limits;
pub mod link_calendar;
pub mod plan_travel;
pub mod set_booking_limits;
pub mod set_date_override;
pub mod unlink_calendar;
mod whereabouts;
mod windows;
pub mod withdraw_out_of_office;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    cancel_travel::CancelTravel,
    clear_date_override::ClearDateOverride,
    declare_out_of_office::DeclareOutOfOffice,
    define_weekly::DefineWeekly,
    events::{
        AvailabilityEvent, BookingLimits, BookingLimitsSet, CalendarSource, DateOverrideCleared,
        DateOverrideSet, ExternalCalendarLinked, ExternalCalendarUnlinked, LocalWindow, OutOfOfficeDeclared,
        OutOfOfficeWithdrawn, TravelCancelled, TravelPlanned, WeeklyAvailabilityDefined, WeeklyRule,
    },
    link_calendar::LinkCalendar,
    plan_travel::PlanTravel,
    set_booking_limits::SetBookingLimits,
    set_date_override::SetDateOverride,
    unlink_calendar::UnlinkCalendar,
    withdraw_out_of_office::WithdrawOutOfOffice,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::{AbsenceId, AccountId, ExternalCalendarId, JourneyId},
    time::{Span, Zone},
};

/// What an interviewer stated about when they can be met.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Availability {
    weekly: Option<Weekly>,
    overrides: BTreeMap<NaiveDate, Vec<LocalWindow>>,
    absences: BTreeMap<AbsenceId, Absence>,
    /// Known so that taking an absence back a second time is nothing new, and not an unknown absence.
    withdrawn: BTreeSet<AbsenceId>,
    limits: BookingLimits,
    journeys: BTreeMap<JourneyId, Journey>,
    /// As with absences.
    cancelled: BTreeSet<JourneyId>,
    calendars: BTreeMap<ExternalCalendarId, CalendarSource>,
    /// As with absences.
    unlinked: BTreeSet<ExternalCalendarId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
struct Journey {
    zone: Zone,
    from: NaiveDate,
    until: Option<NaiveDate>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
struct Absence {
    span: Span,
    delegate: Option<AccountId>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
struct Weekly {
    zone: Zone,
    rules: Vec<WeeklyRule>,
}

commands! {
    /// What can be asked of an interviewer's availability.
    pub enum AvailabilityCommand {
        /// Sets the weekly windows.
        DefineWeekly(DefineWeekly),
        /// Gives one date windows of its own.
        SetDateOverride(SetDateOverride),
        /// Lets the weekly windows hold again on a date.
        ClearDateOverride(ClearDateOverride),
        /// States an absence.
        DeclareOutOfOffice(DeclareOutOfOffice),
        /// Takes an absence back.
        WithdrawOutOfOffice(WithdrawOutOfOffice),
        /// Sets how much is taken on.
        SetBookingLimits(SetBookingLimits),
        /// States a journey to another zone.
        PlanTravel(PlanTravel),
        /// Takes a journey back.
        CancelTravel(CancelTravel),
        /// Links a calendar that is kept elsewhere.
        LinkCalendar(LinkCalendar),
        /// Unlinks one.
        UnlinkCalendar(UnlinkCalendar),
    }
}

impl Availability {
    /// The zone in which windows are meant at home; `None` until weekly windows were set. Journeys are in
    /// [`whereabouts`](Self::whereabouts).
    pub fn zone(&self) -> Option<Zone> {
        self.weekly.as_ref().map(|weekly| weekly.zone)
    }

    /// The windows of a local date: those of its override if it has one, else those of its day of the week.
    pub fn windows(&self, date: NaiveDate) -> Vec<LocalWindow> {
        match (&self.weekly, self.overrides.get(&date)) {
            (None, _) => Vec::new(),
            (Some(_), Some(windows)) => windows.clone(),
            (Some(weekly), None) => weekly
                .rules
                .iter()
                .filter(|rule| rule.weekdays.contains(&date.weekday()))
                .map(|rule| rule.window)
                .collect(),
        }
    }

    /// True when an override took a local date off.
    pub fn is_off(&self, date: NaiveDate) -> bool {
        self.overrides.get(&date).is_some_and(Vec::is_empty)
    }

    /// True when the interviewer is away during any part of a stretch of time.
    pub fn is_away(&self, span: Span) -> bool {
        self.absences(span).next().is_some()
    }

    /// Where the times of a linked calendar come from; `None` when it is not linked, or no longer.
    pub fn calendar(&self, calendar: ExternalCalendarId) -> Option<&CalendarSource> {
        self.calendars.get(&calendar)
    }

    /// Every stretch of time touching `within` during which the interviewer is away.
    pub fn absences(&self, within: Span) -> impl Iterator<Item = Span> {
        let spans = self.absences.values().map(|absence| absence.span);
        spans.filter(move |span| span.overlaps(within))
    }

    /// Who stands in for the interviewer at a time: named in the earliest of the absences that touch it and name anybody.
    pub fn delegate_for(&self, span: Span) -> Option<AccountId> {
        let away = self.absences.values();
        let mut touching: Vec<_> = away.filter(|absence| absence.span.overlaps(span)).collect();
        touching.sort_unstable_by_key(|absence| absence.span.start);
        touching.into_iter().find_map(|absence| absence.delegate)
    }
}

impl Aggregate for Availability {
    const CATEGORY: Category = Category::Availability;
    type Event = AvailabilityEvent;
    type Command = AvailabilityCommand;

    fn decide(&self, command: &AvailabilityCommand, context: &Context) -> Decision<AvailabilityEvent> {
        match command {
            AvailabilityCommand::DefineWeekly(command) => define_weekly::decide(self, command),
            AvailabilityCommand::SetDateOverride(command) => {
                set_date_override::decide(self, command, context)
            }
            AvailabilityCommand::ClearDateOverride(command) => clear_date_override::decide(self, command),
            AvailabilityCommand::DeclareOutOfOffice(command) => {
                declare_out_of_office::decide(self, command, context)
            }
            AvailabilityCommand::WithdrawOutOfOffice(command) => {
                withdraw_out_of_office::decide(self, command, context)
            }
            AvailabilityCommand::SetBookingLimits(command) => set_booking_limits::decide(self, command),
            AvailabilityCommand::PlanTravel(command) => plan_travel::decide(self, command, context),
            AvailabilityCommand::CancelTravel(command) => cancel_travel::decide(self, command, context),
            AvailabilityCommand::LinkCalendar(command) => link_calendar::decide(self, command),
            AvailabilityCommand::UnlinkCalendar(command) => unlink_calendar::decide(self, command),
        }
    }

    fn evolve(mut self, event: &AvailabilityEvent) -> Self {
        match event {
            AvailabilityEvent::WeeklyAvailabilityDefined(WeeklyAvailabilityDefined {
                zone, rules, ..
            }) => {
                self.weekly = Some(Weekly {
                    zone: *zone,
                    rules: rules.clone(),
                });
            }
            AvailabilityEvent::DateOverrideSet(DateOverrideSet { date, windows, .. }) => {
                self.overrides.insert(*date, windows.clone());
            }
            AvailabilityEvent::DateOverrideCleared(DateOverrideCleared { date, .. }) => {
                self.overrides.remove(date);
            }
            AvailabilityEvent::OutOfOfficeDeclared(OutOfOfficeDeclared {
                absence,
                from,
                to,
                delegate,
                ..
            }) => {
                let span = Span {
                    start: *from,
                    end: *to,
                };
                let delegate = *delegate;
                self.absences.insert(*absence, Absence { span, delegate });
            }
            AvailabilityEvent::OutOfOfficeWithdrawn(OutOfOfficeWithdrawn { absence, .. }) => {
                self.absences.remove(absence);
                self.withdrawn.insert(*absence);
            }
            AvailabilityEvent::BookingLimitsSet(BookingLimitsSet { limits, .. }) => self.limits = *limits,
            AvailabilityEvent::TravelPlanned(TravelPlanned {
                journey,
                zone,
                from,
                until,
                ..
            }) => {
                let planned = Journey {
                    zone: *zone,
                    from: *from,
                    until: *until,
                };
                self.journeys.insert(*journey, planned);
            }
            AvailabilityEvent::TravelCancelled(TravelCancelled { journey, .. }) => {
                self.journeys.remove(journey);
                self.cancelled.insert(*journey);
            }
            AvailabilityEvent::ExternalCalendarLinked(ExternalCalendarLinked {
                calendar, source, ..
            }) => {
                self.calendars.insert(*calendar, source.clone());
            }
            AvailabilityEvent::ExternalCalendarUnlinked(ExternalCalendarUnlinked { calendar, .. }) => {
                self.calendars.remove(calendar);
                self.unlinked.insert(*calendar);
            }
        }
        self
    }
}

forward_to_cqrs_es!(Availability);
