//! A person takes a verdict back, with a reason.

use async_trait::async_trait;
use domain::{
    decision::{Decision, DecisionCommand, reverse::Reverse},
    ids::{AccountId, DecisionId, InterviewId},
    interview::Interview,
    text::Paragraph,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::record_decision::{Decided, may_decide};

/// A verdict to be taken back.
#[derive(Clone, Debug, Serialize)]
pub struct ReverseDecision {
    /// On which interview.
    pub interview: InterviewId,
    /// Who takes it back.
    pub by: AccountId,
    /// Whether a role lets this person decide for the organisation.
    pub is_staff: bool,
    /// Why.
    pub reason: Paragraph,
}

#[async_trait]
impl UseCase for ReverseDecision {
    const OPERATION: &'static str = "reverseDecision";
    type Output = Decided;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Decided, CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        may_decide(unit, &interview, self.by, self.is_staff).await?;
        let decision = DecisionId::on(self.interview);
        let reverse = Reverse {
            by: self.by,
            reason: self.reason.clone(),
        };
        unit.decide::<Decision>(decision.uuid(), DecisionCommand::Reverse(reverse))
            .await?;
        Ok(Decided { decision })
    }
}
