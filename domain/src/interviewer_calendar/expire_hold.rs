//! Records that a hold has died.

use super::{
    Firmness, InterviewerCalendar,
    events::{HoldExpired, InterviewerCalendarEvent},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AccountId, ClaimId},
};

/// Which hold may have died.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpireHold {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
}

/// # Errors
/// None: a timer that comes too early, or for a claim that is firm or gone, finds nothing to record.
pub fn decide(
    state: &InterviewerCalendar,
    command: &ExpireHold,
    context: &Context,
) -> Decision<InterviewerCalendarEvent> {
    let Some(claim) = state.claim(command.claim) else {
        return nothing();
    };
    match claim.firmness {
        Firmness::Held { until } if until <= context.now => one(HoldExpired {
            account: command.account,
            claim: command.claim,
            interview: claim.interview,
            expired_at: until,
        }),
        Firmness::Held { .. } | Firmness::Confirmed => nothing(),
    }
}
