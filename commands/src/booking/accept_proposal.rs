//! A time that was proposed is taken: the new time is claimed and the old one released in one append, or somebody else has
//! it by now. Where it was proposed for vacant seats, these are filled in the same append.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, ProposalId},
    interview::{Interview, accept_proposal::AcceptProposal as Accept, proposals::Standing},
    time::{Instant, Span},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::{propose_times::side_of, repair::Taken};

/// Which time of which proposal.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AcceptProposal {
    /// Of which interview.
    pub interview: InterviewId,
    /// Which proposal.
    pub proposal: ProposalId,
    /// Which of its starts.
    pub start: Instant,
    /// Who takes it.
    pub by: AccountId,
    /// Whether a role lets this person speak for the hosts of every interview.
    pub is_staff: bool,
    /// The revision that the asker saw.
    pub expected_revision: u32,
}

#[async_trait]
impl UseCase for AcceptProposal {
    const OPERATION: &'static str = "acceptProposal";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        let side = side_of(booking, self.by, self.is_staff)?;
        let proposal = booking.proposal(self.proposal)?;
        let moves = proposal.standing == Standing::Open
            && proposal.side != side
            && booking.revision == self.expected_revision
            && booking.phase.was_confirmed()
            && proposal
                .options
                .iter()
                .any(|option| option.span.start == self.start);
        // Whether the new time is free matters only to a move that is possible at all.
        let Taken { group, claims, seats } = if moves {
            let span = Span::minutes(self.start, booking.terms.duration_minutes);
            Taken::of(unit, booking, Some(proposal), span).await?
        } else {
            Taken::nothing_new(booking)
        };
        let accept = Accept {
            expected_revision: self.expected_revision,
            proposal: self.proposal,
            start: self.start,
            by: self.by,
            side,
            group,
            claims,
        };
        let after: Interview = unit
            .decide::<Interview>(self.interview.uuid(), accept.into())
            .await?;
        seats.fill(unit, after.booked()?).await
    }
}
