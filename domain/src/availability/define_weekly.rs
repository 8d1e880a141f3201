//! Sets the weekly windows, in place of those before.

use chrono::Weekday;

use super::{
    Availability, Weekly,
    events::{AvailabilityEvent, LocalWindow, WeeklyAvailabilityDefined, WeeklyRule},
    windows::check_day,
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
    time::Zone,
};

/// Most rules that one account may have.
const MOST_RULES: usize = 50;

const WEEK: [Weekday; 7] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
    Weekday::Sat,
    Weekday::Sun,
];

/// The weekly windows of an interviewer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DefineWeekly {
    /// Whose.
    pub account: AccountId,
    /// The zone in which the windows are meant.
    pub zone: Zone,
    /// The rules, at most 50; none means never.
    pub rules: Vec<WeeklyRule>,
}

/// # Errors
/// `Invalid` on `rules`, when a rule names no day or a day twice, or the windows of a day are not in order.
pub fn decide(state: &Availability, command: &DefineWeekly) -> Decision<AvailabilityEvent> {
    if command.rules.len() > MOST_RULES {
        return Err(Refusal::invalid("rules", "there are at most 50 rules"));
    }
    for rule in &command.rules {
        check_weekdays(rule)?;
    }
    for day in WEEK {
        check_day("rules", &windows_of(&command.rules, day))?;
    }
    let weekly = Weekly {
        zone: command.zone,
        rules: command.rules.clone(),
    };
    if state.weekly.as_ref() == Some(&weekly) {
        return nothing();
    }
    one(WeeklyAvailabilityDefined {
        account: command.account,
        zone: weekly.zone,
        rules: weekly.rules,
    })
}

fn check_weekdays(rule: &WeeklyRule) -> Result<(), Refusal> {
    if rule.weekdays.is_empty() {
        return Err(Refusal::invalid(
            "rules",
            "a rule names at least one day of the week",
        ));
    }
    let named = WEEK.iter().filter(|day| rule.weekdays.contains(day)).count();
    if named != rule.weekdays.len() {
        return Err(Refusal::invalid(
            "rules",
            "a rule names each day of the week once",
        ));
    }
    Ok(())
}

fn windows_of(rules: &[WeeklyRule], day: Weekday) -> Vec<LocalWindow> {
    let on_day = rules.iter().filter(|rule| rule.weekdays.contains(&day));
    on_day.map(|rule| rule.window).collect()
}
