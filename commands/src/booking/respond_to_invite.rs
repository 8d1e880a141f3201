//! An interviewer answers an invitation. The time of whoever declines is free again in the same append.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId},
    interview::{Interview, events::Answer, respond_to_invite::RespondToInvite as Respond},
    interviewer_calendar::events::ReleaseReason,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::seats;

/// An answer.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RespondToInvite {
    /// To the invitation to which interview.
    pub interview: InterviewId,
    /// Who answers.
    pub account: AccountId,
    /// What.
    pub answer: Answer,
    /// The revision that the asker saw, if they said which.
    pub expected_revision: Option<u32>,
}

#[async_trait]
impl UseCase for RespondToInvite {
    const OPERATION: &'static str = "respondToInvite";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let respond = Respond {
            account: self.account,
            answer: self.answer,
            expected_revision: self.expected_revision,
        };
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let others = seats::open_others(unit, interview.booked()?, self.account).await?;
        answer(unit, self.interview, respond).await?;
        // A group is one meeting, and has one answer.
        for other in others {
            let same = Respond {
                expected_revision: None,
                ..respond
            };
            answer(unit, other, same).await?;
        }
        Ok(())
    }
}

/// Answers an invitation. Whoever declines gets the time back, and the room knows them no more.
pub(crate) async fn answer(
    unit: &mut Unit<'_>,
    interview: InterviewId,
    respond: Respond,
) -> Result<(), CommandError> {
    let account = respond.account;
    let before: Interview = unit.load(interview.uuid()).await?;
    let claim = before.booked()?.claim_of(account);
    let after: Interview = unit.decide::<Interview>(interview.uuid(), respond.into()).await?;
    let booking = after.booked()?;
    if !booking.is_panel_member(account) {
        seats::release(unit, claim, ReleaseReason::Declined).await?;
        seats::admit(unit, booking).await?;
    }
    Ok(())
}
