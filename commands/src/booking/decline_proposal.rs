//! None of the times that were proposed is taken.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, ProposalId},
    interview::{Interview, decline_proposal::DeclineProposal as Decline},
    sealed::Sealed,
    text::Paragraph,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::propose_times::side_of;

/// Which proposal.
#[derive(Clone, Debug, Serialize)]
pub struct DeclineProposal {
    /// Of which interview.
    pub interview: InterviewId,
    /// Which proposal.
    pub proposal: ProposalId,
    /// Who declines.
    pub by: AccountId,
    /// Whether a role lets this person speak for the hosts of every interview.
    pub is_staff: bool,
    /// The revision that the asker saw.
    pub expected_revision: u32,
    /// Why, in that person's words.
    pub reason: Option<Paragraph>,
}

#[async_trait]
impl UseCase for DeclineProposal {
    const OPERATION: &'static str = "declineProposal";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        let side = side_of(booking, self.by, self.is_staff)?;
        let subject = booking.subject(self.by);
        let reason = self.reason.as_ref();
        let decline = Decline {
            expected_revision: self.expected_revision,
            proposal: self.proposal,
            by: self.by,
            side,
            reason: reason.map(|reason| Sealed::open(subject, reason.to_string())),
        };
        unit.decide::<Interview>(self.interview.uuid(), decline.into())
            .await?;
        Ok(())
    }
}
