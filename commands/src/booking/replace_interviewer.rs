//! Somebody who runs interviews gives the seat of one interviewer to another, all at once or not at all.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId},
    interview::{Interview, vacate_seat::VacateSeat},
    interviewer_calendar::events::ReleaseReason,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::{assign_interviewer::name, seats};

/// Whose seat goes to whom.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ReplaceInterviewer {
    /// Of which interview.
    pub interview: InterviewId,
    /// Who sits there.
    pub former: AccountId,
    /// Who sits there from now on.
    pub interviewer: AccountId,
    /// Who says so.
    pub by: AccountId,
}

#[async_trait]
impl UseCase for ReplaceInterviewer {
    const OPERATION: &'static str = "replaceInterviewer";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let others = seats::open_others(unit, interview.booked()?, self.former).await?;
        self.replace(unit, self.interview).await?;
        // A group is one meeting, and has one panel.
        for other in others {
            self.replace(unit, other).await?;
        }
        Ok(())
    }
}

impl ReplaceInterviewer {
    async fn replace(&self, unit: &mut Unit<'_>, id: InterviewId) -> Result<(), CommandError> {
        let interview: Interview = unit.load(id.uuid()).await?;
        let claim = interview.booked()?.claim_of(self.former);
        let vacate = VacateSeat { account: self.former };
        let after: Interview = unit.decide::<Interview>(id.uuid(), vacate.into()).await?;
        seats::release(unit, claim, ReleaseReason::Replaced).await?;
        name(unit, after.booked()?, self.former, self.interviewer, self.by).await
    }
}
