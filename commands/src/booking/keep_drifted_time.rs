//! An interview stays at its moment although the clock on the wall shows another time there than was promised.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId},
    interview::{Interview, events::Side, keep_drifted_time::KeepDriftedTime as Keep},
    refusal::Refusal,
    sealed::Sealed,
    text::Paragraph,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::propose_times::side_of;

/// Which interview, and who decides.
#[derive(Clone, Debug, Serialize)]
pub struct KeepDriftedTime {
    /// Which interview.
    pub interview: InterviewId,
    /// Who decides.
    pub by: AccountId,
    /// Whether a role lets this person move every interview.
    pub is_staff: bool,
    /// The revision that the asker saw.
    pub expected_revision: u32,
    /// Why, in that person's words.
    pub reason: Option<Paragraph>,
}

#[async_trait]
impl UseCase for KeepDriftedTime {
    const OPERATION: &'static str = "keepDriftedTime";
    type Output = ();

    /// # Errors
    /// `Forbidden` for the candidate, who was promised the time and does not give it up in the hosts' place, and for
    /// whoever may not move it; otherwise those of the decision.
    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        if side_of(booking, self.by, self.is_staff)? == Side::Candidate || !self.is_staff {
            return Err(Refusal::Forbidden.into());
        }
        let subject = booking.subject(self.by);
        let reason = self.reason.as_ref();
        let keep = Keep {
            expected_revision: self.expected_revision,
            by: self.by,
            reason: reason.map(|reason| Sealed::open(subject, reason.to_string())),
        };
        unit.decide::<Interview>(self.interview.uuid(), keep.into())
            .await?;
        Ok(())
    }
}
