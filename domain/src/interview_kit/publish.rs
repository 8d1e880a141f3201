//! Brings a version of a kit into use.

use std::ops::RangeInclusive;

use super::{
    InterviewKit,
    events::{InterviewKitEvent, KitPublished, KitSection, KitSpec},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::InterviewKitId,
    refusal::Refusal,
};

/// Fewest and most parts of an interview.
const SECTIONS: RangeInclusive<usize> = 1..=30;
/// Shortest and longest part, in minutes.
const MINUTES: RangeInclusive<u32> = 1..=480;
/// Longest that all parts take together: a day.
const MOST_MINUTES: u32 = 24 * 60;

/// What a kit says from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Publish {
    /// Which kit.
    pub kit: InterviewKitId,
    /// The version that the asker saw, if they said which.
    pub expected_version: Option<u32>,
    /// What it says.
    pub spec: KitSpec,
}

/// # Errors
/// `StaleVersion`, when somebody else published one since the asker looked; `Invalid` with the field that breaks a
/// rule.
pub fn decide(state: &InterviewKit, command: &Publish) -> Decision<InterviewKitEvent> {
    if let InterviewKit::Published { spec, .. } = state
        && *spec == command.spec
    {
        return nothing();
    }
    let version = state.version();
    if command
        .expected_version
        .is_some_and(|expected| expected != version)
    {
        return Err(Refusal::StaleVersion {
            current: u64::from(version),
        });
    }
    check(&command.spec)?;
    one(KitPublished {
        kit: command.kit,
        version: version + 1,
        spec: command.spec.clone(),
    })
}

fn check(spec: &KitSpec) -> Result<(), Refusal> {
    if !SECTIONS.contains(&spec.sections.len()) {
        return Err(Refusal::invalid("sections", "must be 1 to 30"));
    }
    for (index, section) in spec.sections.iter().enumerate() {
        if !MINUTES.contains(&section.minutes) {
            return Err(Refusal::invalid("sections.minutes", "must be between 1 and 480"));
        }
        let before = &spec.sections[..index];
        if before.iter().any(|other| caseless(other) == caseless(section)) {
            return Err(Refusal::invalid("sections.title", "must be unique"));
        }
    }
    if spec.minutes() > MOST_MINUTES {
        return Err(Refusal::invalid(
            "sections.minutes",
            "must not be more than 1440 together",
        ));
    }
    Ok(())
}

fn caseless(section: &KitSection) -> String {
    section.title.as_str().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id, utc},
        interview_kit::{Plan, events::KitPin},
        text::Line,
    };

    fn section(title: &str, minutes: u32) -> KitSection {
        KitSection {
            title: Line::new(title).unwrap(),
            minutes,
            instructions: None,
        }
    }

    fn publish(sections: Vec<KitSection>) -> Publish {
        Publish {
            kit: id(90),
            expected_version: None,
            spec: KitSpec {
                name: Line::new("System design").unwrap(),
                industry: None,
                sections,
                rubric: None,
            },
        }
    }

    fn asked(history: &[InterviewKitEvent], command: Publish) -> Decision<InterviewKitEvent> {
        decide::<InterviewKit>(history, command, utc("2026-05-04T10:00:00Z"))
    }

    fn decided(history: &[InterviewKitEvent], sections: Vec<KitSection>) -> Decision<InterviewKitEvent> {
        asked(history, publish(sections))
    }

    fn refused_field(sections: Vec<KitSection>) -> &'static str {
        match decided(&[], sections).unwrap_err() {
            Refusal::Invalid { field, .. } => field,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn the_next_version_is_the_newest_and_its_repeat_nothing() {
        let first = vec![section("Opening", 5), section("Design", 40)];
        let second = vec![section("Design", 30)];
        let mut history = decided(&[], first.clone()).unwrap();
        assert_eq!(decided(&history, first), nothing());
        history.extend(decided(&history, second.clone()).unwrap());
        let state: InterviewKit = fold(&history);

        let newest = Plan {
            pin: KitPin {
                kit: id(90),
                version: 2,
            },
            minutes: 30,
        };
        assert_eq!(state.plan(), Some(newest));
        assert_eq!(decided(&history, second), nothing());
        assert_eq!(InterviewKit::Absent.plan(), None);
    }

    #[test]
    fn whoever_saw_a_former_version_is_stale_unless_they_say_the_same() {
        let history = decided(&[], vec![section("Opening", 5)]).unwrap();
        let expecting = |expected, minutes| Publish {
            expected_version: Some(expected),
            ..publish(vec![section("Opening", minutes)])
        };

        let stale = Err(Refusal::StaleVersion { current: 1 });
        assert_eq!(asked(&history, expecting(2, 6)), stale);
        assert_eq!(asked(&history, expecting(0, 5)), nothing());
        assert!(asked(&history, expecting(1, 6)).is_ok());
    }

    #[test]
    fn parts_that_make_no_sense_are_refused_by_field() {
        let many = |count: usize| {
            let numbered = (0..count).map(|number| section(&format!("Part {number}"), 1));
            numbered.collect::<Vec<_>>()
        };

        assert_eq!(refused_field(Vec::new()), "sections");
        assert_eq!(refused_field(many(31)), "sections");
        assert!(decided(&[], many(30)).is_ok());
        assert_eq!(refused_field(vec![section("Opening", 0)]), "sections.minutes");
        assert_eq!(refused_field(vec![section("Opening", 481)]), "sections.minutes");
        let twice = vec![section("Öffnung", 5), section("ÖFFNUNG", 5)];
        assert_eq!(refused_field(twice), "sections.title");
    }

    #[test]
    fn all_parts_together_take_a_day_at_most() {
        let day = vec![section("One", 480), section("Two", 480), section("Three", 480)];
        let longer = [day.clone(), vec![section("Four", 1)]].concat();

        assert!(decided(&[], day).is_ok());
        assert_eq!(refused_field(longer), "sections.minutes");
    }
}
