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
