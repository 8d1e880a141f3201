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
