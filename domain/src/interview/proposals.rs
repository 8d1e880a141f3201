//! Other times that were proposed for an interview, and what became of each proposal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Booking,
    events::{RescheduleProposed, Side},
};
use crate::{
    ids::{AccountId, ProposalId},
    refusal::Refusal,
    time::{Instant, Slot},
};

/// How many times one proposal may name.
pub const MOST_OPTIONS: usize = 5;
/// How many proposals are made for one interview.
pub const MOST_PROPOSALS: usize = 50;

/// Other times that somebody proposed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    /// Which.
    pub proposal: ProposalId,
    /// Which settling of the interview's time it would replace.
    pub revision: u32,
    /// Who proposed; nobody when Greenroom did.
    pub by: Option<AccountId>,
    /// Who gave up the seats that it is for, as far as these are vacant still; nobody when a person proposed.
    pub vacated_by: Vec<AccountId>,
    /// On which side they are.
    pub side: Side,
    /// When.
    pub at: Instant,
    /// The times.
    pub options: Vec<Slot>,
    /// What became of it.
    pub standing: Standing,
}

/// What became of a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The other side has not answered.
    Open,
    /// The other side took one of its times.
    Accepted,
    /// The other side took none.
    Declined,
    /// Another proposal, a move or a cancellation came first, or the seats that it was for were taken.
    Superseded,
}

impl Proposal {
    /// As it was made.
    pub fn made(event: &RescheduleProposed) -> Self {
        Self {
            proposal: event.proposal,
            revision: event.revision,
            by: event.by,
            vacated_by: event.vacated_by.clone(),
            side: event.side,
            at: event.at,
            options: event.options.clone(),
            standing: Standing::Open,
        }
    }
}

impl Booking {
    /// The proposal that the other side has not answered, if there is one.
    pub fn open_proposal(&self) -> Option<&Proposal> {
        let mut proposals = self.proposals.iter();
        proposals.find(|proposal| proposal.standing == Standing::Open)
    }

    /// A proposal that was made.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn proposal(&self, proposal: ProposalId) -> Result<&Proposal, Refusal> {
        let mut proposals = self.proposals.iter();
        let found = proposals.find(|known| known.proposal == proposal);
        found.ok_or(Refusal::NotFound { what: "proposal" })
    }

    pub(super) fn close_proposals(&mut self) {
        let open = self.proposals.iter_mut();
        for proposal in open.filter(|proposal| proposal.standing == Standing::Open) {
            proposal.standing = Standing::Superseded;
        }
    }

    /// Somebody has taken the seat: what was proposed because nobody could has lost its point with the last of its seats.
    pub(super) fn seat_was_taken(&mut self, former: AccountId) {
        let waiting = self.proposals.iter_mut();
        for proposal in waiting.filter(|proposal| proposal.vacated_by.contains(&former)) {
            proposal.vacated_by.retain(|seat| *seat != former);
            if proposal.vacated_by.is_empty() && proposal.standing == Standing::Open {
                proposal.standing = Standing::Superseded;
            }
        }
    }

    pub(super) fn answer_proposal(&mut self, proposal: ProposalId, standing: Standing) {
        let mut proposals = self.proposals.iter_mut();
        if let Some(known) = proposals.find(|known| known.proposal == proposal) {
            known.standing = standing;
        }
    }

    /// Refuses an answer to what is for another time, is answered, or was proposed by the same side.
    pub(super) fn may_answer(&self, proposal: &Proposal, expected: u32, side: Side) -> Result<(), Refusal> {
        if self.revision != expected || self.revision != proposal.revision {
            return Err(Refusal::StaleRevision {
                current: self.revision,
            });
        }
        if proposal.side == side {
            return Err(Refusal::Forbidden);
        }
        if proposal.standing != Standing::Open {
            return Err(Refusal::WrongState {
                state: "the proposal is answered or replaced by another",
            });
        }
        Ok(())
    }
}
