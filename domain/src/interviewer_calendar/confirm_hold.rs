//! Makes a hold firm.

use super::{
    Firmness, InterviewerCalendar,
    events::{HoldConfirmed, InterviewerCalendarEvent},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AccountId, ClaimId},
    refusal::Refusal,
};

/// Which hold becomes firm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfirmHold {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
}

/// # Errors
/// `WrongState`, when the hold has died or the claim was given back.
pub fn decide(
    state: &InterviewerCalendar,
    command: &ConfirmHold,
    context: &Context,
) -> Decision<InterviewerCalendarEvent> {
    const OVER: Refusal = Refusal::WrongState {
        state: "the hold is over",
    };
    let claim = state.claim(command.claim).ok_or(OVER)?;
    match claim.firmness {
        Firmness::Confirmed => nothing(),
        Firmness::Held { until } if until <= context.now => Err(OVER),
        Firmness::Held { .. } => one(HoldConfirmed {
            account: command.account,
            claim: command.claim,
            interview: claim.interview,
        }),
    }
}
