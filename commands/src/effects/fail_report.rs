//! A report could not be written, or did not pass the checks.

use async_trait::async_trait;
use domain::{
    ids::ReportId,
    report::{Report, ReportCommand, record_failed::RecordFailed},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// The failure.
#[derive(Clone, Debug, Serialize)]
pub struct FailReport {
    /// Which report.
    pub report: ReportId,
    /// Which revision.
    pub revision: u32,
    /// Short code of the reason.
    pub code: String,
}

#[async_trait]
impl UseCase for FailReport {
    const OPERATION: &'static str = "failReport";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let failed = RecordFailed {
            revision: self.revision,
            code: self.code.clone(),
        };
        unit.decide::<Report>(self.report.uuid(), ReportCommand::RecordFailed(failed))
            .await?;
        Ok(())
    }
}
