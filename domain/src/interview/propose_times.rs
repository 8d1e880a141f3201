//! Proposes other times for a confirmed interview. Nothing is held: whoever takes one finds out whether it is still free.

use std::collections::BTreeSet;

use super::{
    Interview, check_time,
    events::{InterviewEvent, RescheduleProposed, Side},
    phase::Step,
    proposals::{MOST_OPTIONS, MOST_PROPOSALS},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AccountId, ProposalId},
    refusal::Refusal,
    sealed::Sealed,
    time::Slot,
};

/// What is proposed. Every time was found to be bookable at present.
#[derive(Clone, PartialEq, Debug)]
pub struct ProposeTimes {
    /// The revision that the asker saw.
    pub expected_revision: u32,
    /// The new proposal.
    pub proposal: ProposalId,
    /// Who proposes; nobody when Greenroom does.
    pub by: Option<AccountId>,
    /// Who gave up the seats that nobody can take at the present time, when that is why.
    pub vacated_by: Vec<AccountId>,
    /// On which side they are.
    pub side: Side,
    /// The times.
    pub options: Vec<Slot>,
    /// What they say to it.
    pub message: Option<Sealed<String>>,
}

/// # Errors
/// `NotFound`; `WrongState`, when it is not confirmed, its start has passed, too many proposals were made, or Greenroom has no
/// reason to make one; `StaleRevision`, when it moved since the asker looked; `Invalid`, when there are no or too many times, one twice, or the
/// present one; `SlotNotOffered` and `NoticeTooShort` for each of them.
pub fn decide(state: &Interview, command: &ProposeTimes, context: &Context) -> Decision<InterviewEvent> {
    const FIELD: &str = "starts";
    let booking = state.booked()?;
    if booking.proposal(command.proposal).is_ok() {
        return nothing();
    }
    booking.allows(Step::Propose)?;
    if booking.revision != command.expected_revision {
        return Err(Refusal::StaleRevision {
            current: booking.revision,
        });
    }
    if booking.slot.span.start <= context.now {
        return Err(Refusal::WrongState {
            state: "the start has passed",
        });
    }
    if booking.proposals.len() >= MOST_PROPOSALS {
        return Err(Refusal::WrongState {
            state: "too many proposals were made",
        });
    }
    if command.by.is_none() {
        booking.may_be_repaired(&command.vacated_by)?;
    }
    if command.options.is_empty() || command.options.len() > MOST_OPTIONS {
        return Err(Refusal::invalid(FIELD, "must name 1 to 5 times"));
    }
    let mut starts = BTreeSet::from([booking.slot.span.start]);
    if !command
        .options
        .iter()
        .all(|option| starts.insert(option.span.start))
    {
        return Err(Refusal::invalid(FIELD, "must name other times, each once"));
    }
    for option in &command.options {
        check_time(&booking.terms, option, context.now)?;
    }
    one(RescheduleProposed {
        interview: booking.interview,
        revision: booking.revision,
        proposal: command.proposal,
        by: command.by,
        vacated_by: command.vacated_by.clone(),
        side: command.side,
        options: command.options.clone(),
        message: command.message.clone(),
        at: context.now,
    })
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        given::{decide, fold, id},
        interview::{
            given::{asked_at, awaiting_payment, confirmed, open, propose, proposed, slot, start, tomorrow},
            proposals::Standing,
        },
        testing::given,
    };

    fn code(history: &[InterviewEvent], command: ProposeTimes) -> &'static str {
        let refused = decide::<Interview>(history, command, asked_at());
        refused.unwrap_err().code()
    }

    #[test]
    fn a_proposal_names_times_and_moves_nothing() {
        let state: Interview = fold(&proposed(Side::Candidate));
        let booking = state.booked().unwrap();

        assert_eq!(booking.slot, slot(start()));
        assert_eq!(booking.open_proposal().unwrap().options, [slot(tomorrow())]);
        assert_eq!(booking.open_proposal().unwrap().at, asked_at());
        let again = decide::<Interview>(&proposed(Side::Candidate), propose(Side::Candidate), asked_at());
        assert_eq!(again, nothing());
    }

    #[test]
    fn another_proposal_takes_the_place_of_what_is_open_whoever_makes_it() {
        let counter = ProposeTimes {
            proposal: id(61),
            ..propose(Side::Hosts)
        };
        let events = decide::<Interview>(&proposed(Side::Candidate), counter, asked_at()).unwrap();
        let state: Interview = fold(&[proposed(Side::Candidate), events].concat());
        let booking = state.booked().unwrap();

        assert_eq!(booking.proposals[0].standing, Standing::Superseded);
        assert_eq!(booking.open_proposal().unwrap().proposal, id(61));
    }

    #[test]
    fn only_a_confirmed_interview_that_has_not_begun_has_other_times_proposed() {
        let begun = decide::<Interview>(&confirmed(), propose(Side::Hosts), start());
        assert_eq!(code(&awaiting_payment(), propose(Side::Hosts)), "WRONG_STATE");
        assert_eq!(code(&open(), propose(Side::Hosts)), "WRONG_STATE");
        assert_eq!(begun.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn times_are_other_ones_each_once_and_not_too_many() {
        let with = |options: Vec<Slot>| ProposeTimes {
            options,
            ..propose(Side::Hosts)
        };
        let days = |days: i64| slot(start() + Duration::days(days));
        assert_eq!(code(&confirmed(), with(Vec::new())), "INVALID");
        assert_eq!(code(&confirmed(), with((1..=6).map(days).collect())), "INVALID");
        assert_eq!(code(&confirmed(), with(vec![days(1), days(1)])), "INVALID");
        assert_eq!(code(&confirmed(), with(vec![days(1), days(0)])), "INVALID");
        let near = slot(asked_at() + Duration::minutes(119));
        assert_eq!(code(&confirmed(), with(vec![near])), "NOTICE_TOO_SHORT");
        assert_eq!(
            code(&confirmed(), with(vec![slot(asked_at())])),
            "SLOT_NOT_OFFERED"
        );
        let five = decide::<Interview>(&confirmed(), with((1..=5).map(days).collect()), asked_at());
        assert!(five.is_ok());
    }

    #[test]
    fn whoever_saw_another_time_proposes_nothing() {
        let stale = ProposeTimes {
            expected_revision: 2,
            ..propose(Side::Hosts)
        };
        assert_eq!(code(&confirmed(), stale), "STALE_REVISION");
    }

    #[test]
    fn proposals_come_to_an_end() {
        let mut history = confirmed();
        for number in 0..MOST_PROPOSALS {
            let next = ProposeTimes {
                proposal: id(100 + number as u128),
                ..propose(Side::Hosts)
            };
            history.extend(decide::<Interview>(&history, next, asked_at()).unwrap());
        }
        assert_eq!(code(&history, propose(Side::Hosts)), "WRONG_STATE");
    }

    #[test]
    fn what_was_never_asked_for_has_no_other_times() {
        given::<Interview>([])
            .when_at(asked_at(), propose(Side::Hosts))
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
