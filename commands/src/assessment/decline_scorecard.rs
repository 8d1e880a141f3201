//! An interviewer will not rate, and says why.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, ScorecardId},
    interview::Interview,
    scorecard::{Scorecard, ScorecardCommand, decline::Decline},
    text::Paragraph,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::submit_scorecard::{Rated, rated_by};

/// A rating that will not come.
#[derive(Clone, Debug, Serialize)]
pub struct DeclineScorecard {
    /// Of which interview.
    pub interview: InterviewId,
    /// Who will not rate.
    pub account: AccountId,
    /// Why.
    pub reason: Paragraph,
}

#[async_trait]
impl UseCase for DeclineScorecard {
    const OPERATION: &'static str = "declineScorecard";
    type Output = Rated;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Rated, CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        rated_by(&interview, self.account)?;
        let scorecard = ScorecardId::of(self.interview, self.account);
        let decline = Decline {
            account: self.account,
            reason: self.reason.clone(),
        };
        unit.decide::<Scorecard>(scorecard.uuid(), ScorecardCommand::Decline(decline))
            .await?;
        Ok(Rated { scorecard })
    }
}
