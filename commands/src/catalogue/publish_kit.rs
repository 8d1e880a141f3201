//! A plan for interviews is published: a new kit, or a new version of one.

use async_trait::async_trait;
use domain::{
    ids::InterviewKitId,
    interview_kit::{InterviewKit, events::KitSpec, publish::Publish},
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::define_interview_type::{check_rubric, newest_kit};

/// A kit.
#[derive(Clone, Debug, Serialize)]
pub struct PublishKit {
    /// Which; a new one when absent.
    pub kit: Option<InterviewKitId>,
    /// The version that the asker saw, if they said which.
    pub expected_version: Option<u32>,
    /// What it says.
    pub spec: KitSpec,
}

/// Which kit it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Published {
    /// Its id.
    pub kit: InterviewKitId,
}

#[async_trait]
impl UseCase for PublishKit {
    const OPERATION: &'static str = "publishKit";
    type Output = Published;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Published, CommandError> {
        let kit = match self.kit {
            Some(known) => newest_kit(unit, known).await?.pin.kit,
            None => unit.mint(),
        };
        check_rubric(unit, self.spec.rubric).await?;
        let publish = Publish {
            kit,
            expected_version: self.expected_version,
            spec: self.spec.clone(),
        };
        unit.decide::<InterviewKit>(kit.uuid(), publish.into()).await?;
        Ok(Published { kit })
    }
}
