//! A product is taken off the list.

use async_trait::async_trait;
use domain::{
    ids::InterviewTypeId,
    interview_type::{InterviewType, retire::Retire},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// A product to be taken off the list.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RetireInterviewType {
    /// Which.
    pub interview_type: InterviewTypeId,
}

#[async_trait]
impl UseCase for RetireInterviewType {
    const OPERATION: &'static str = "retireInterviewType";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let retire = Retire {
            interview_type: self.interview_type,
        };
        unit.decide::<InterviewType>(self.interview_type.uuid(), retire.into())
            .await?;
        Ok(())
    }
}
