//! What can happen to an interview kit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::InterviewKitId,
    rubric::events::RubricPin,
    text::{Line, Paragraph},
};

/// A part of an interview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KitSection {
    /// What it is called, unique in the kit whatever the case of its letters.
    pub title: Line,
    /// Minutes it takes.
    pub minutes: u32,
    /// What whoever interviews is to do in it.
    pub instructions: Option<Paragraph>,
}

/// Everything that a version of a kit says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KitSpec {
    /// What it is called.
    pub name: Line,
    /// The industry that it is made for, if it is made for one.
    pub industry: Option<Line>,
    /// The parts, in order.
    pub sections: Vec<KitSection>,
    /// What the interview is rated by, as far as the kit says so.
    pub rubric: Option<RubricPin>,
}

impl KitSpec {
    /// Minutes that all parts take together.
    pub fn minutes(&self) -> u32 {
        let minutes = self.sections.iter().map(|section| section.minutes);
        minutes.fold(0, u32::saturating_add)
    }
}

/// One version of a kit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KitPin {
    /// Which kit.
    pub kit: InterviewKitId,
    /// Which version.
    pub version: u32,
}

/// A version of a kit came into use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KitPublished {
    /// Which kit.
    pub kit: InterviewKitId,
    /// Version, from 1.
    pub version: u32,
    /// What it says.
    pub spec: KitSpec,
}

events! {
    /// What can happen to an interview kit.
    pub enum InterviewKitEvent in Category::InterviewKit {
        KitPublished = "interview_kit.published" v 1,
    }
}
