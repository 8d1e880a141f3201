//! Gives claimed time back, held or firm.

use super::{
    InterviewerCalendar,
    events::{ClaimReleased, InterviewerCalendarEvent, ReleaseReason},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, ClaimId},
};

/// Which claim is no longer wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReleaseClaim {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
    /// Why.
    pub reason: ReleaseReason,
}

/// # Errors
/// None: a claim that is gone is as wanted already.
pub fn decide(state: &InterviewerCalendar, command: &ReleaseClaim) -> Decision<InterviewerCalendarEvent> {
    let Some(claim) = state.claim(command.claim) else {
        return nothing();
    };
    one(ClaimReleased {
        account: command.account,
        claim: command.claim,
        interview: claim.interview,
        reason: command.reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::decide,
        interviewer_calendar::given::{confirmed, held, now, release, then},
    };

    #[test]
    fn a_claim_is_given_back_once_held_or_firm() {
        assert_eq!(then(held(), release(), now()).len(), 2);
        let released = then(confirmed(), release(), now());
        assert_eq!(released.len(), 3);
        assert_eq!(
            decide::<InterviewerCalendar>(&released, release(), now()),
            nothing()
        );
    }
}
