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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::decide,
        interviewer_calendar::given::{confirmed, dies_at, expire, held, now, then},
    };

    #[test]
    fn a_hold_expires_once_when_its_time_has_come() {
        assert_eq!(decide::<InterviewerCalendar>(&held(), expire(), now()), nothing());
        let expired = then(held(), expire(), dies_at());
        assert_eq!(expired.len(), 2);
        assert_eq!(
            decide::<InterviewerCalendar>(&expired, expire(), dies_at()),
            nothing()
        );
    }

    #[test]
    fn a_firm_claim_does_not_expire() {
        let firm = decide::<InterviewerCalendar>(&confirmed(), expire(), dies_at());
        assert_eq!(firm, nothing());
    }
}
