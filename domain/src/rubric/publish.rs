//! Brings a version of a rubric into use.

use super::{
    Rubric,
    events::{Criterion, RubricEvent, RubricPublished},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::RubricId,
    refusal::Refusal,
    text::Line,
};

/// Most criteria that people can rate in one interview.
const MOST_CRITERIA: usize = 30;

/// What is rated from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Publish {
    /// Which rubric.
    pub rubric: RubricId,
    /// What it is called.
    pub name: Line,
    /// What is rated.
    pub criteria: Vec<Criterion>,
}

/// # Errors
/// `Invalid` with the field that breaks a rule.
pub fn decide(state: &Rubric, command: &Publish) -> Decision<RubricEvent> {
    if let Some(last) = state.versions.last()
        && (&last.name, &last.criteria) == (&command.name, &command.criteria)
    {
        return nothing();
    }
    check(&command.criteria)?;
    one(RubricPublished {
        rubric: command.rubric,
        version: state.version() + 1,
        name: command.name.clone(),
        criteria: command.criteria.clone(),
    })
}

fn check(criteria: &[Criterion]) -> Result<(), Refusal> {
    if criteria.is_empty() || criteria.len() > MOST_CRITERIA {
        return Err(Refusal::invalid("criteria", "must be 1 to 30"));
    }
    for (index, criterion) in criteria.iter().enumerate() {
        if !is_word(&criterion.id) {
            let reason = "must be a word of letters, digits and underscores that starts with a small letter";
            return Err(Refusal::invalid("criteria.id", reason));
        }
        if criteria[..index].iter().any(|other| other.id == criterion.id) {
            return Err(Refusal::invalid("criteria.id", "must be unique"));
        }
        if !matches!(criterion.anchors.len(), 0 | 5) {
            let reason = "must be none, or one for each rating from 1 to 5";
            return Err(Refusal::invalid("criteria.anchors", reason));
        }
    }
    if criteria.iter().all(|criterion| criterion.weight == 0) {
        return Err(Refusal::invalid(
            "criteria.weight",
            "at least one must be more than zero",
        ));
    }
    Ok(())
}

fn is_word(id: &str) -> bool {
    id.len() <= 64
        && id.starts_with(|first: char| first.is_ascii_lowercase())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id, utc},
        text::Paragraph,
    };

    fn criterion(name: &str, weight: u32) -> Criterion {
        Criterion {
            id: name.to_owned(),
            name: Line::new(name).unwrap(),
            weight,
            anchors: Vec::new(),
        }
    }

    fn decided(history: &[RubricEvent], criteria: Vec<Criterion>) -> Decision<RubricEvent> {
        let publish = Publish {
            rubric: id(80),
            name: Line::new("General").unwrap(),
            criteria,
        };
        decide::<Rubric>(history, publish, utc("2026-05-04T10:00:00Z"))
    }

    #[test]
    fn every_version_stays_readable() {
        let first = vec![criterion("problemSolving", 2), criterion("code_quality", 0)];
        let second = vec![criterion("communication", 1)];
        let mut history = decided(&[], first.clone()).unwrap();
        assert_eq!(decided(&history, first.clone()), nothing());
        history.extend(decided(&history, second.clone()).unwrap());
        let state: Rubric = fold(&history);

        assert_eq!(state.criteria(1), Some(first.as_slice()));
        assert_eq!(state.criteria(2), Some(second.as_slice()));
        assert_eq!((state.criteria(0), state.criteria(3)), (None, None));
    }

    #[test]
    fn criteria_that_make_no_sense_are_refused_by_field() {
        let field = |criteria| match decided(&[], criteria).unwrap_err() {
            Refusal::Invalid { field, .. } => field,
            other => panic!("{other}"),
        };
        let mut anchored = criterion("a", 1);
        anchored.anchors = vec![Paragraph::new("Poor").unwrap()];

        assert_eq!(field(Vec::new()), "criteria");
        assert_eq!(field(vec![criterion("two words", 1)]), "criteria.id");
        assert_eq!(field(vec![criterion("Upper", 1)]), "criteria.id");
        assert_eq!(field(vec![criterion("a", 1), criterion("a", 1)]), "criteria.id");
        assert_eq!(field(vec![criterion("a", 0)]), "criteria.weight");
        assert_eq!(field(vec![anchored]), "criteria.anchors");
    }

    #[test]
    fn criteria_are_few_and_their_ids_short() {
        let many = |count: usize| {
            (0..count)
                .map(|index| criterion(&format!("c{index}"), 1))
                .collect()
        };

        assert!(decided(&[], many(30)).is_ok());
        assert_eq!(decided(&[], many(31)).unwrap_err().code(), "INVALID");
        assert!(decided(&[], vec![criterion(&"a".repeat(64), 1)]).is_ok());
        assert_eq!(
            decided(&[], vec![criterion(&"a".repeat(65), 1)])
                .unwrap_err()
                .code(),
            "INVALID"
        );
    }
}
