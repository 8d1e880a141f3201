//! The other side takes one of the times that were proposed: the interview moves there, by the rules of any other move.

use super::{
    Interview, check_claims, check_time,
    events::{GroupPlace, InterviewEvent, PanelClaim, RescheduleAccepted, Side},
    phase::Step,
    proposals::Standing,
    reschedule::{Move, moved},
};
use crate::{
    aggregate::{Context, Decision, nothing},
    ids::{AccountId, ProposalId},
    refusal::Refusal,
    time::Instant,
};

/// Which time of which proposal. It was found to be bookable; the new claims are made and the old ones released in the
/// same append.
#[derive(Clone, PartialEq, Debug)]
pub struct AcceptProposal {
    /// The revision that the asker saw.
    pub expected_revision: u32,
    /// Which proposal.
    pub proposal: ProposalId,
    /// Which of its starts.
    pub start: Instant,
    /// Who takes it.
    pub by: AccountId,
    /// On which side they are.
    pub side: Side,
    /// Its place in a group at the new time, if candidates share it.
    pub group: Option<GroupPlace>,
    /// The claims on the new time, one for each seat of the panel.
    pub claims: Vec<PanelClaim>,
}

/// Taking the same time again is nothing. Whose wish the move is follows from who had proposed, at the moment of the
/// proposal: a host who answers late costs the candidate nothing (rule M5).
///
/// # Errors
/// `NotFound`, also for a proposal; `WrongState`, when it is not confirmed, its start has passed, or the proposal is
/// answered; `StaleRevision`, when it moved since; `Forbidden` for the side that proposed; `Invalid`, when the start is
/// none of the proposal; `SlotNotOffered` and `NoticeTooShort` for the new time.
pub fn decide(state: &Interview, command: &AcceptProposal, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    let proposal = booking.proposal(command.proposal)?;
    if proposal.standing == Standing::Accepted && booking.slot.span.start == command.start {
        return nothing();
    }
    booking.allows(Step::Reschedule)?;
    booking.may_answer(proposal, command.expected_revision, command.side)?;
    if booking.slot.span.start <= context.now {
        return Err(Refusal::WrongState {
            state: "the start has passed",
        });
    }
    let mut options = proposal.options.iter();
    let to = options
        .find(|option| option.span.start == command.start)
        .ok_or_else(|| Refusal::invalid("start", "must be one of the times that were proposed"))?;
    check_time(&booking.terms, to, context.now)?;
    check_claims(&booking.panel, &command.claims)?;
    let accepted = RescheduleAccepted {
        interview: booking.interview,
        revision: booking.revision,
        proposal: command.proposal,
        by: command.by,
    };
    let moved = moved(
        booking,
        Move {
            to: to.clone(),
            group: command.group,
            claims: command.claims.clone(),
            // Where nobody proposed, whoever takes the time moves the interview there.
            by: proposal.by.unwrap_or(command.by),
            reason: None,
            wished_at: (proposal.side == Side::Candidate).then_some(proposal.at),
        },
    );
    Ok(std::iter::once(accepted.into()).chain(moved).collect())
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        given::{decide, fold, id},
        interview::{
            decline_proposal::DeclineProposal,
            events::RefundTier,
            given::{asked_at, claims, propose, proposed, request, slot, start, tomorrow},
            propose_times::ProposeTimes,
            reschedule::Reschedule,
        },
        testing::given,
    };

    fn accept(side: Side) -> AcceptProposal {
        AcceptProposal {
            expected_revision: 1,
            proposal: id(60),
            start: tomorrow(),
            by: id(1),
            side,
            group: None,
            claims: claims(21),
        }
    }

    fn accepted() -> Vec<InterviewEvent> {
        let history = proposed(Side::Candidate);
        let events = decide::<Interview>(&history, accept(Side::Hosts), asked_at()).unwrap();
        [history, events].concat()
    }

    fn code(history: &[InterviewEvent], command: AcceptProposal) -> &'static str {
        let refused = decide::<Interview>(history, command, asked_at());
        refused.unwrap_err().code()
    }

    #[test]
    fn a_time_that_is_taken_is_the_interviews_and_makes_the_next_revision() {
        let state: Interview = fold(&accepted());
        let booking = state.booked().unwrap();

        assert_eq!((booking.revision, &booking.slot), (2, &slot(tomorrow())));
        assert_eq!(booking.claims, claims(21));
        assert_eq!(booking.proposals[0].standing, Standing::Accepted);
        let again = decide::<Interview>(&accepted(), accept(Side::Hosts), asked_at());
        assert_eq!(again, nothing());
    }

    #[test]
    fn whoever_proposed_does_not_take_it_and_nobody_takes_another_time() {
        let own = accept(Side::Candidate);
        let other = AcceptProposal {
            start: tomorrow() + Duration::days(1),
            ..accept(Side::Hosts)
        };
        let unknown = AcceptProposal {
            proposal: id(61),
            ..accept(Side::Hosts)
        };
        assert_eq!(code(&proposed(Side::Candidate), own), "FORBIDDEN");
        assert_eq!(code(&proposed(Side::Candidate), other), "INVALID");
        assert_eq!(code(&proposed(Side::Candidate), unknown), "NOT_FOUND");
    }

    #[test]
    fn a_proposal_for_a_time_that_the_interview_has_left_is_stale() {
        let away = Reschedule {
            expected_revision: 1,
            to: slot(start() + Duration::days(2)),
            group: None,
            claims: claims(22),
            by: id(2),
            reason: None,
        };
        let history = proposed(Side::Candidate);
        let away = decide::<Interview>(&history, away, asked_at()).unwrap();
        let history = [history, away].concat();
        let looked_again = AcceptProposal {
            expected_revision: 2,
            ..accept(Side::Hosts)
        };

        let stale = decide::<Interview>(&history, accept(Side::Hosts), asked_at());

        assert_eq!(stale, Err(Refusal::StaleRevision { current: 2 }));
        assert_eq!(code(&history, looked_again), "STALE_REVISION");
    }

    #[test]
    fn what_was_declined_or_replaced_is_not_taken_any_more() {
        let decline = DeclineProposal {
            expected_revision: 1,
            proposal: id(60),
            by: id(1),
            side: Side::Hosts,
            reason: None,
        };
        let counter = ProposeTimes {
            proposal: id(61),
            ..propose(Side::Hosts)
        };
        let history = proposed(Side::Candidate);
        let declined = decide::<Interview>(&history, decline, asked_at()).unwrap();
        let replaced = decide::<Interview>(&history, counter, asked_at()).unwrap();

        let declined = [history.clone(), declined].concat();
        let replaced = [history, replaced].concat();
        assert_eq!(code(&declined, accept(Side::Hosts)), "WRONG_STATE");
        assert_eq!(code(&replaced, accept(Side::Hosts)), "WRONG_STATE");
    }

    #[test]
    fn notice_counts_when_it_is_taken_and_what_has_begun_does_not_move() {
        let near = tomorrow() - Duration::minutes(119);
        let late = decide::<Interview>(&proposed(Side::Candidate), accept(Side::Hosts), near);
        let unclaimed = AcceptProposal {
            claims: Vec::new(),
            ..accept(Side::Hosts)
        };
        assert_eq!(late.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(code(&proposed(Side::Candidate), unclaimed), "INVALID");
        let soon = ProposeTimes {
            options: vec![slot(start() - Duration::hours(1))],
            ..propose(Side::Candidate)
        };
        let history = proposed_as(soon);
        let take = AcceptProposal {
            start: start() - Duration::hours(1),
            ..accept(Side::Hosts)
        };
        let now = start() - Duration::hours(2);
        let short = decide::<Interview>(&history, take, now);
        assert_eq!(short, Err(Refusal::NoticeTooShort { minutes: 120 }));
    }

    fn proposed_as(command: ProposeTimes) -> Vec<InterviewEvent> {
        let history = crate::interview::given::confirmed();
        let events = decide::<Interview>(&history, command, asked_at()).unwrap();
        [history, events].concat()
    }

    /// What can come back of a booking with tiers after a move that this side proposed three hours before the start.
    fn limit_after_a_late_proposal_by(side: Side) -> u8 {
        let mut request = request();
        request.terms.refunds = vec![
            RefundTier {
                notice_minutes: 24 * 60,
                percent: 100,
            },
            RefundTier {
                notice_minutes: 60,
                percent: 50,
            },
        ];
        let mut history = decide::<Interview>(&[], request, asked_at()).unwrap();
        let confirm = crate::interview::confirm::Confirm;
        history.extend(decide::<Interview>(&history, confirm, asked_at()).unwrap());
        let proposed_at = start() - Duration::hours(3);
        history.extend(decide::<Interview>(&history, propose(side), proposed_at).unwrap());
        let answering = match side {
            Side::Candidate => Side::Hosts,
            Side::Hosts => Side::Candidate,
        };
        let answered_at = start() - Duration::minutes(30);
        history.extend(decide::<Interview>(&history, accept(answering), answered_at).unwrap());
        let state: Interview = fold(&history);
        state.booked().unwrap().refund_limit
    }

    #[test]
    fn a_late_move_that_the_candidate_proposed_brings_no_notice_back_and_a_late_answer_takes_none() {
        assert_eq!(limit_after_a_late_proposal_by(Side::Candidate), 50);
        assert_eq!(limit_after_a_late_proposal_by(Side::Hosts), 100);
    }

    #[test]
    fn what_was_never_asked_for_has_nothing_to_take() {
        given::<Interview>([])
            .when_at(asked_at(), accept(Side::Hosts))
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
