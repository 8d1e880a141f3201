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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::decide,
        interviewer_calendar::given::{confirm, confirmed, dies_at, held, now, release, then},
    };

    #[test]
    fn a_live_hold_becomes_firm_once() {
        let events = decide::<InterviewerCalendar>(&held(), confirm(), now()).unwrap();
        assert_eq!(events.len(), 1);
        let again = decide::<InterviewerCalendar>(&confirmed(), confirm(), dies_at());
        assert_eq!(again, nothing());
    }

    #[test]
    fn a_hold_that_died_or_was_given_back_does_not() {
        let dead = decide::<InterviewerCalendar>(&held(), confirm(), dies_at());
        let released = then(held(), release(), now());
        let released = decide::<InterviewerCalendar>(&released, confirm(), now());
        assert_eq!(dead.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(released.unwrap_err().code(), "WRONG_STATE");
    }
}
