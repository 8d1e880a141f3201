//! What was promised for an interview is compared with the zone rules that are built in, and what is found is recorded.

use async_trait::async_trait;
use domain::{
    ids::InterviewId,
    interview::{Interview, record_drift},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// Which interview.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RecordDrift {
    /// Which interview.
    pub interview: InterviewId,
}

#[async_trait]
impl UseCase for RecordDrift {
    const OPERATION: &'static str = "recordDrift";
    type Output = ();

    /// # Errors
    /// `NotFound`; `WrongState`, when the interview does not lie ahead any more.
    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        unit.decide::<Interview>(self.interview.uuid(), record_drift::RecordDrift.into())
            .await?;
        Ok(())
    }
}
