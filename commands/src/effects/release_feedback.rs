//! In a mock interview, what an interviewer wrote for the candidate is released by the rules.

use async_trait::async_trait;
use domain::{
    feedback::{Feedback, FeedbackCommand, release::Release},
    ids::{FeedbackId, ScorecardId},
    refusal::Refusal,
    scorecard::Scorecard,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// The scorecard to release from.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ReleaseFeedback {
    /// Which scorecard.
    pub scorecard: ScorecardId,
}

#[async_trait]
impl UseCase for ReleaseFeedback {
    const OPERATION: &'static str = "releaseFeedbackByRule";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let card: Scorecard = unit.load(self.scorecard.uuid()).await?;
        let assignment = card.assignment().ok_or(Refusal::NotFound { what: "scorecard" })?;
        let (Some(version), Some(content)) = (card.version(), card.feedback()) else {
            return Ok(());
        };
        let id = FeedbackId::of(self.scorecard);
        let feedback: Feedback = unit.load(id.uuid()).await?;
        if feedback.released(self.scorecard).is_some() {
            // Somebody was faster by hand; what is newer than that is theirs to release.
            return Ok(());
        }
        let release = Release {
            feedback: id,
            interview: assignment.interview,
            scorecard: self.scorecard,
            version,
            candidate: assignment.candidate,
            content: content.clone(),
            by: None,
        };
        unit.decide::<Feedback>(id.uuid(), FeedbackCommand::Release(release))
            .await?;
        Ok(())
    }
}
