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

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        availability::given::{date, defined, now, window},
        given::{decide, fold},
    };

    #[test]
    fn a_date_has_its_own_windows_in_place_of_the_weekly_ones() {
        let day_off = || date("2026-05-11", Vec::new());
        let events = decide::<Availability>(&defined(), day_off(), now()).unwrap();
        let history = [defined(), events].concat();
        let state: Availability = fold(&history);
        let monday = day_off().date;

        assert_eq!(state.windows(monday), []);
        assert_eq!(
            state.windows(monday + Duration::days(7)),
            [window("09:00", Some("17:00"))]
        );
        assert_eq!(decide::<Availability>(&history, day_off(), now()), nothing());
    }

    #[test]
    fn a_date_without_a_known_zone_is_refused() {
        let refused = decide::<Availability>(&[], date("2026-05-11", Vec::new()), now());
        assert_eq!(refused.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn windows_of_a_date_keep_the_same_rules() {
        let overlap = vec![window("09:00", Some("12:00")), window("11:00", None)];
        let refused = decide::<Availability>(&defined(), date("2026-05-11", overlap), now());
        assert_eq!(refused.unwrap_err().code(), "INVALID");
    }

    #[test]
    fn past_dates_do_not_use_up_the_dates_that_can_be_set() {
        let today = now().date_naive();
        let overridden = |first: i64| {
            let set = |day| {
                AvailabilityEvent::from(DateOverrideSet {
                    account: crate::given::id(1),
                    date: today + Duration::days(day),
                    windows: Vec::new(),
                })
            };
            let dates: Vec<_> = (first..first + 400).map(set).collect();
            [defined(), dates].concat()
        };
        let one_more = || date("2029-01-01", Vec::new());
        let full = decide::<Availability>(&overridden(0), one_more(), now());
        assert_eq!(full.unwrap_err().code(), "INVALID");
        assert!(decide::<Availability>(&overridden(-1), one_more(), now()).is_ok());
    }
}
