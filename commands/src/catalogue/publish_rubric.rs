//! Rating criteria are published: a new rubric, or a new version of one.

use async_trait::async_trait;
use domain::{
    ids::RubricId,
    refusal::Refusal,
    rubric::{Rubric, events::Criterion, publish::Publish},
    text::Line,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

/// A rubric.
#[derive(Clone, Debug, Serialize)]
pub struct PublishRubric {
    /// Which; a new one when absent.
    pub rubric: Option<RubricId>,
    /// What it is called.
    pub name: Line,
    /// What is rated.
    pub criteria: Vec<Criterion>,
}

/// Which rubric it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Published {
    /// Its id.
    pub rubric: RubricId,
}

#[async_trait]
impl UseCase for PublishRubric {
    const OPERATION: &'static str = "publishRubric";
    type Output = Published;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Published, CommandError> {
        let rubric = self.rubric.unwrap_or_else(|| unit.mint());
        if self.rubric.is_some() {
            let known: Rubric = unit.load(rubric.uuid()).await?;
            if known.version() == 0 {
                return Err(Refusal::NotFound { what: "rubric" }.into());
            }
        }
        let publish = Publish {
            rubric,
            name: self.name.clone(),
            criteria: self.criteria.clone(),
        };
        unit.decide::<Rubric>(rubric.uuid(), publish.into()).await?;
        Ok(Published { rubric })
    }
}
