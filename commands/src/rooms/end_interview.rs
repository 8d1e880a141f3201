//! An interviewer ends the interview for everyone: the room closes, the attendance is counted, and every member of the
//! panel is asked for a scorecard, in one append.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId},
    interview::{Interview, events::EndReason},
    refusal::Refusal,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::{conduct::end, group};

/// The end of an interview.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EndInterview {
    /// Which.
    pub interview: InterviewId,
    /// Who ends it.
    pub by: AccountId,
}

#[async_trait]
impl UseCase for EndInterview {
    const OPERATION: &'static str = "endInterview";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        if !booking.is_panel_member(self.by) {
            return Err(Refusal::NotFound { what: "interview" }.into());
        }
        group::end_all(unit, booking, self.by).await?;
        end(unit, self.interview, EndReason::Ended).await
    }
}
