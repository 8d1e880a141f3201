//! A report was written and checked.

use async_trait::async_trait;
use domain::{
    ids::{ReportId, RunId, SubjectId},
    refusal::Refusal,
    report::{
        Report, ReportCommand,
        events::{Engine, ReportBody, ScoreItem, TokenUsage},
        record_generated::RecordGenerated,
    },
    sealed::Sealed,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// What was written. The words are about the candidate, and are sealed with the candidate's key on the way.
#[derive(Clone, Serialize)]
pub struct RecordReport {
    /// Which report.
    pub report: ReportId,
    /// Which revision.
    pub revision: u32,
    /// Which run wrote it.
    pub run: RunId,
    /// What wrote it.
    pub engine: Engine,
    /// 0 to 100.
    pub overall: u8,
    /// The parts.
    pub breakdown: Vec<ScoreItem>,
    /// The words.
    pub body: ReportBody,
    /// What it consumed.
    pub usage: TokenUsage,
}

impl std::fmt::Debug for RecordReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordReport")
            .field("report", &self.report)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl UseCase for RecordReport {
    const OPERATION: &'static str = "recordReport";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let report: Report = unit.load(self.report.uuid()).await?;
        let revisions = report.revisions().ok_or(Refusal::NotFound { what: "report" })?;
        let written = RecordGenerated {
            revision: self.revision,
            run: self.run,
            engine: self.engine.clone(),
            overall: self.overall,
            breakdown: self.breakdown.clone(),
            body: Sealed::open(SubjectId::of(revisions.candidate), self.body.clone()),
            usage: self.usage,
        };
        unit.decide::<Report>(self.report.uuid(), ReportCommand::RecordGenerated(written))
            .await?;
        Ok(())
    }
}
