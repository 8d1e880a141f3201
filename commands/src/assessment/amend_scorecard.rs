//! An interviewer changes a rating that was given, with a reason; the former stays in the history.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, ScorecardId},
    interview::Interview,
    scorecard::{Scorecard, ScorecardCommand, amend::Amend},
    text::Paragraph,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::{
    content::ContentSaid,
    submit_scorecard::{Rated, another_is_in, rated_by},
};

/// A changed rating.
#[derive(Clone, Debug, Serialize)]
pub struct AmendScorecard {
    /// Of which interview.
    pub interview: InterviewId,
    /// Who rates.
    pub account: AccountId,
    /// The version that the rater changed.
    pub expected_version: u32,
    /// What it says now.
    pub content: ContentSaid,
    /// Why.
    pub reason: Paragraph,
}

#[async_trait]
impl UseCase for AmendScorecard {
    const OPERATION: &'static str = "amendScorecard";
    type Output = Rated;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Rated, CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let candidate = rated_by(&interview, self.account)?;
        let scorecard = ScorecardId::of(self.interview, self.account);
        let amend = Amend {
            account: self.account,
            expected_version: self.expected_version,
            content: self.content.seal(candidate),
            reason: self.reason.clone(),
            others_visible_before: another_is_in(unit, self.interview, &interview, self.account).await?,
        };
        unit.decide::<Scorecard>(scorecard.uuid(), ScorecardCommand::Amend(amend))
            .await?;
        Ok(Rated { scorecard })
    }
}
