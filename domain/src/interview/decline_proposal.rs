//! The other side takes none of the times that were proposed.

use super::{
    Interview,
    events::{InterviewEvent, RescheduleDeclined, Side},
    phase::Step,
    proposals::Standing,
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AccountId, ProposalId},
    sealed::Sealed,
};

/// Which proposal.
#[derive(Clone, PartialEq, Debug)]
pub struct DeclineProposal {
    /// The revision that the asker saw.
    pub expected_revision: u32,
    /// Which proposal.
    pub proposal: ProposalId,
    /// Who declines.
    pub by: AccountId,
    /// On which side they are.
    pub side: Side,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
}

/// Declining again is nothing.
///
/// # Errors
/// `NotFound`, also for a proposal; `WrongState`, when the interview is not confirmed or the proposal was taken or replaced;
/// `StaleRevision`, when it moved since; `Forbidden` for the side that proposed.
pub fn decide(state: &Interview, command: &DeclineProposal, _: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    let proposal = booking.proposal(command.proposal)?;
    if proposal.standing == Standing::Declined && proposal.side != command.side {
        return nothing();
    }
    booking.allows(Step::Propose)?;
    booking.may_answer(proposal, command.expected_revision, command.side)?;
    one(RescheduleDeclined {
        interview: booking.interview,
        revision: booking.revision,
        proposal: command.proposal,
        proposed_by: proposal.by,
        by: command.by,
        reason: command.reason.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id},
        interview::given::{asked_at, proposed},
        refusal::Refusal,
        testing::given,
    };

    fn decline(side: Side) -> DeclineProposal {
        DeclineProposal {
            expected_revision: 1,
            proposal: id(60),
            by: id(2),
            side,
            reason: None,
        }
    }

    #[test]
    fn what_is_declined_moves_nothing_and_is_declined_once() {
        let history = proposed(Side::Hosts);
        let events = decide::<Interview>(&history, decline(Side::Candidate), asked_at()).unwrap();
        let history = [history, events].concat();
        let state: Interview = fold(&history);
        let booking = state.booked().unwrap();

        assert_eq!((booking.revision, booking.open_proposal()), (1, None));
        let again = decide::<Interview>(&history, decline(Side::Candidate), asked_at());
        assert_eq!(again, nothing());
    }

    #[test]
    fn whoever_proposed_does_not_decline_and_another_revision_is_stale() {
        let own = decide::<Interview>(&proposed(Side::Hosts), decline(Side::Hosts), asked_at());
        let stale = DeclineProposal {
            expected_revision: 2,
            ..decline(Side::Candidate)
        };
        let stale = decide::<Interview>(&proposed(Side::Hosts), stale, asked_at());
        assert_eq!(own, Err(Refusal::Forbidden));
        assert_eq!(stale, Err(Refusal::StaleRevision { current: 1 }));
    }

    #[test]
    fn what_was_never_asked_for_has_nothing_to_decline() {
        given::<Interview>([])
            .when_at(asked_at(), decline(Side::Candidate))
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
