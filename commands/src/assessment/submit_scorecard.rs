//! An interviewer rates, once.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, ScorecardId},
    interview::Interview,
    refusal::Refusal,
    scorecard::{Scorecard, ScorecardCommand, submit::Submit},
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::content::ContentSaid;

/// A rating.
#[derive(Clone, Debug, Serialize)]
pub struct SubmitScorecard {
    /// Of which interview.
    pub interview: InterviewId,
    /// Who rates.
    pub account: AccountId,
    /// What it says.
    pub content: ContentSaid,
}

/// Which scorecard it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rated {
    /// Its id.
    pub scorecard: ScorecardId,
}

#[async_trait]
impl UseCase for SubmitScorecard {
    const OPERATION: &'static str = "submitScorecard";
    type Output = Rated;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Rated, CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let candidate = rated_by(&interview, self.account)?;
        let scorecard = ScorecardId::of(self.interview, self.account);
        let submit = Submit {
            account: self.account,
            content: self.content.seal(candidate),
            interview_started: interview.booked()?.phase.has_started(),
        };
        unit.decide::<Scorecard>(scorecard.uuid(), ScorecardCommand::Submit(submit))
            .await?;
        Ok(Rated { scorecard })
    }
}

/// The candidate, if the account sits on the panel; for everybody else there is no such interview.
pub(super) fn rated_by(interview: &Interview, account: AccountId) -> Result<AccountId, Refusal> {
    let booking = interview.booked()?;
    if booking.is_panel_member(account) {
        booking.joined_candidate()
    } else {
        Err(Refusal::NotFound { what: "interview" })
    }
}

/// True when another member of the panel has said theirs, so that this one could see it once their own was in.
pub(super) async fn another_is_in(
    unit: &mut Unit<'_>,
    id: InterviewId,
    interview: &Interview,
    account: AccountId,
) -> Result<bool, CommandError> {
    for member in interview
        .booked()?
        .panel
        .iter()
        .filter(|member| member.account != account)
    {
        let other: Scorecard = unit.load(ScorecardId::of(id, member.account).uuid()).await?;
        if other.version().is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
