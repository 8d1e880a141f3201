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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        availability::given::{defined, now, rule, weekly, window},
        given::decide,
    };

    fn refused(rules: Vec<WeeklyRule>) -> bool {
        let decided = decide::<Availability>(&[], weekly(rules), now());
        decided.is_err_and(|refusal| refusal.code() == "INVALID")
    }

    #[test]
    fn windows_that_touch_and_a_window_to_the_end_of_the_day_are_fine_once() {
        let rules = vec![
            rule(&[Weekday::Mon, Weekday::Tue], window("09:00", Some("12:00"))),
            rule(&[Weekday::Mon], window("12:00", None)),
        ];
        let decided = decide::<Availability>(&[], weekly(rules.clone()), now()).unwrap();
        assert_eq!(decided.len(), 1);
        assert_eq!(decide::<Availability>(&decided, weekly(rules), now()), nothing());
        assert_eq!(
            decide::<Availability>(&defined(), weekly(Vec::new()), now())
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn windows_of_a_day_do_not_overlap_even_across_rules() {
        assert!(refused(vec![
            rule(&[Weekday::Mon], window("09:00", Some("12:00"))),
            rule(&[Weekday::Sun, Weekday::Mon], window("11:59", Some("13:00"))),
        ]));
    }

    #[test]
    fn a_window_ends_after_it_starts_and_has_whole_minutes() {
        assert!(refused(vec![rule(
            &[Weekday::Mon],
            window("22:00", Some("02:00"))
        )]));
        assert!(refused(vec![rule(
            &[Weekday::Mon],
            window("09:00", Some("09:00"))
        )]));
        assert!(refused(vec![rule(&[Weekday::Mon], window("09:00:30", None))]));
    }

    #[test]
    fn a_rule_names_each_of_its_days_once() {
        assert!(refused(vec![rule(&[], window("09:00", None))]));
        let twice = rule(&[Weekday::Mon, Weekday::Mon], window("09:00", None));
        assert!(refused(vec![twice]));
    }

    #[test]
    fn there_are_at_most_fifty_rules() {
        let many = |count: usize| {
            let short = |index: usize| {
                let (day, minute) = (WEEK[index % 7], index / 7);
                let (from, to) = (format!("{minute:02}:00"), format!("{minute:02}:30"));
                rule(&[day], window(&from, Some(&to)))
            };
            (0..count).map(short).collect::<Vec<_>>()
        };
        assert!(!refused(many(50)));
        assert!(refused(many(51)));
    }

    #[test]
    fn a_day_has_at_most_24_windows() {
        let hour = |from: u32| window(&format!("{from:02}:00"), Some(&format!("{from:02}:30")));
        let mut rules: Vec<_> = (0..24).map(|from| rule(&[Weekday::Mon], hour(from))).collect();
        assert!(!refused(rules.clone()));

        rules.push(rule(&[Weekday::Mon], window("23:30", None)));

        assert!(refused(rules));
    }
}
