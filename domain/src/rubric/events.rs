//! What can happen to a rubric.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::RubricId,
    text::{Line, Paragraph},
};

/// One thing that is rated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Criterion {
    /// Short name, unique in the rubric, such as `communication`.
    pub id: String,
    /// What people read.
    pub name: Line,
    /// Weight relative to the others, in whole numbers.
    pub weight: u32,
    /// What each rating from 1 upward looks like in practice.
    pub anchors: Vec<Paragraph>,
}

/// One version of a rubric.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RubricPin {
    /// Which rubric.
    pub rubric: RubricId,
    /// Which version.
    pub version: u32,
}

/// A version of a rubric came into use. Ratings go from 1 to 5.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RubricPublished {
    /// Which rubric.
    pub rubric: RubricId,
    /// Version, from 1.
    pub version: u32,
    /// What it is called.
    pub name: Line,
    /// What is rated.
    pub criteria: Vec<Criterion>,
}

events! {
    /// What can happen to a rubric.
    pub enum RubricEvent in Category::Rubric {
        RubricPublished = "rubric.published" v 1,
    }
}
