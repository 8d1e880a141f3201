//! Somebody who runs interviews lets the candidate read the candidate's part of a scorecard.

use async_trait::async_trait;
use domain::{
    feedback::{Feedback, FeedbackCommand, release::Release},
    ids::{AccountId, FeedbackId, ScorecardId},
    refusal::Refusal,
    scorecard::Scorecard,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

/// A scorecard whose feedback is to be released.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ReleaseFeedback {
    /// Which scorecard.
    pub scorecard: ScorecardId,
    /// Who releases it; nobody when the rules of a mock interview do.
    pub by: Option<AccountId>,
}

/// What was released.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Released {
    /// Its id.
    pub feedback: FeedbackId,
}

#[async_trait]
impl UseCase for ReleaseFeedback {
    const OPERATION: &'static str = "releaseFeedback";
    type Output = Released;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Released, CommandError> {
        let card: Scorecard = unit.load(self.scorecard.uuid()).await?;
        let assignment = card.assignment().ok_or(Refusal::NotFound { what: "scorecard" })?;
        let nothing_said = Refusal::WrongState {
            state: "the scorecard says nothing to the candidate",
        };
        let (content, version) = card.feedback().zip(card.version()).ok_or(nothing_said)?;
        let feedback = FeedbackId::of(self.scorecard);
        let release = Release {
            feedback,
            interview: assignment.interview,
            scorecard: self.scorecard,
            version,
            candidate: assignment.candidate,
            content: content.clone(),
            by: self.by,
        };
        unit.decide::<Feedback>(feedback.uuid(), FeedbackCommand::Release(release))
            .await?;
        Ok(Released { feedback })
    }
}
