//! The newest written revision of a report may be read by those it is for.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, ReportId},
    refusal::Refusal,
    report::{Report, ReportCommand, publish::Publish},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// A report to be published.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PublishReport {
    /// Which.
    pub report: ReportId,
    /// Who publishes it.
    pub by: AccountId,
    /// Which revision; the newest when absent.
    pub revision: Option<u32>,
}

#[async_trait]
impl UseCase for PublishReport {
    const OPERATION: &'static str = "publishReport";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let report: Report = unit.load(self.report.uuid()).await?;
        let revisions = report.revisions().ok_or(Refusal::NotFound { what: "report" })?;
        let publish = Publish {
            revision: self.revision.unwrap_or_else(|| revisions.last()),
            by: self.by,
        };
        unit.decide::<Report>(self.report.uuid(), ReportCommand::Publish(publish))
            .await?;
        Ok(())
    }
}
