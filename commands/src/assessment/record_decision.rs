//! A person decides on an interview, on the scorecards that are in.

use async_trait::async_trait;
use domain::{
    decision::{Decision, DecisionCommand, events::Verdict, record::Record},
    ids::{AccountId, DecisionId, InterviewId, ScorecardId, SubjectId},
    interview::{Interview, phase::Phase},
    organisation::Organisation,
    refusal::Refusal,
    scorecard::Scorecard,
    sealed::Sealed,
    text::Paragraph,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

/// A verdict.
#[derive(Clone, Debug, Serialize)]
pub struct RecordDecision {
    /// On which interview.
    pub interview: InterviewId,
    /// Who decides.
    pub by: AccountId,
    /// Whether a role lets this person decide for the organisation; a panel member decides where the organisation
    /// lets interviewers.
    pub is_staff: bool,
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<Paragraph>,
    /// Whether to decide although scorecards are missing.
    pub override_missing: bool,
}

/// Which decision it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decided {
    /// Its id.
    pub decision: DecisionId,
}

#[async_trait]
impl UseCase for RecordDecision {
    const OPERATION: &'static str = "recordDecision";
    type Output = Decided;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Decided, CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let candidate = may_decide(unit, &interview, self.by, self.is_staff).await?;
        let booking = interview.booked()?;
        if booking.phase != Phase::Completed {
            return Err(Refusal::WrongState {
                state: "the interview is not completed",
            }
            .into());
        }
        let mut missing = Vec::new();
        for member in &booking.panel {
            let card: Scorecard = unit
                .load(ScorecardId::of(self.interview, member.account).uuid())
                .await?;
            if card.is_missing() {
                missing.push(member.account);
            }
        }
        let decision = DecisionId::on(self.interview);
        let reason = self.reason.as_ref().map(ToString::to_string);
        let record = Record {
            decision,
            interview: self.interview,
            verdict: self.verdict,
            by: self.by,
            reason: reason.map(|reason| Sealed::open(SubjectId::of(candidate), reason)),
            basis: unit.head().await?,
            missing,
            override_missing: self.override_missing,
        };
        unit.decide::<Decision>(decision.uuid(), DecisionCommand::Record(record))
            .await?;
        Ok(Decided { decision })
    }
}

/// The candidate, if the person may decide; otherwise there is no such interview. Nobody decides on themselves.
pub(super) async fn may_decide(
    unit: &mut Unit<'_>,
    interview: &Interview,
    by: AccountId,
    is_staff: bool,
) -> Result<AccountId, CommandError> {
    let organisation: Organisation = unit.load(unit.tenant().uuid()).await?;
    let booking = interview.booked()?;
    let may = is_staff || (booking.is_panel_member(by) && organisation.interviewers_decide());
    if may && !booking.is_candidate(by) {
        return Ok(booking.joined_candidate()?);
    }
    Err(Refusal::NotFound { what: "interview" }.into())
}
