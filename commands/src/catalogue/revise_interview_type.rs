//! A product changes for bookings from now on; those made before keep their version.

use async_trait::async_trait;
use domain::{
    ids::InterviewTypeId,
    interview_type::{InterviewType, events::TypeSpec, revise::Revise},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::define_interview_type::check_references;

/// A changed product.
#[derive(Clone, Debug, Serialize)]
pub struct ReviseInterviewType {
    /// Which.
    pub interview_type: InterviewTypeId,
    /// The version that the asker saw.
    pub expected_version: u32,
    /// What it is from now on.
    pub spec: TypeSpec,
}

#[async_trait]
impl UseCase for ReviseInterviewType {
    const OPERATION: &'static str = "reviseInterviewType";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        check_references(unit, &self.spec).await?;
        let Self {
            interview_type,
            expected_version,
            spec,
        } = self.clone();
        let revise = Revise {
            interview_type,
            expected_version,
            spec,
        };
        unit.decide::<InterviewType>(interview_type.uuid(), revise.into())
            .await?;
        Ok(())
    }
}
