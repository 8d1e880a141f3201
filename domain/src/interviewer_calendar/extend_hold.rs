//! Lets a hold last until another moment.

use super::{
    Firmness, InterviewerCalendar,
    events::{HoldExtended, InterviewerCalendarEvent},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AccountId, ClaimId},
    refusal::Refusal,
    time::Instant,
};

/// Which hold, and until when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExtendHold {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
    /// When the hold dies unless confirmed before.
    pub expires_at: Instant,
}

/// Nothing when it lasts until then already.
///
/// # Errors
/// `WrongState`, when the hold has died, the claim was given back, or it is firm; `Invalid`, when the hold would be dead
/// at once.
pub fn decide(
    state: &InterviewerCalendar,
    command: &ExtendHold,
    context: &Context,
) -> Decision<InterviewerCalendarEvent> {
    const OVER: Refusal = Refusal::WrongState {
        state: "the hold is over",
    };
    let claim = state.claim(command.claim).ok_or(OVER)?;
    match claim.firmness {
        Firmness::Confirmed => Err(Refusal::WrongState {
            state: "the time is taken firmly",
        }),
        Firmness::Held { until } if until <= context.now => Err(OVER),
        Firmness::Held { .. } if command.expires_at <= context.now => {
            Err(Refusal::invalid("expiresAt", "must be in the future"))
        }
        Firmness::Held { until } if until == command.expires_at => nothing(),
        Firmness::Held { .. } => one(HoldExtended {
            account: command.account,
            claim: command.claim,
            interview: claim.interview,
            expires_at: command.expires_at,
        }),
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        given::{decide, fold, id},
        interviewer_calendar::given::{confirmed, dies_at, held, hold, now, then},
    };

    fn extend() -> ExtendHold {
        ExtendHold {
            account: id(1),
            claim: id(7),
            expires_at: dies_at() + Duration::minutes(15),
        }
    }

    #[test]
    fn a_live_hold_that_is_extended_keeps_others_out_for_longer() {
        let history = then(held(), extend(), now());
        let state: InterviewerCalendar = fold(&history);
        let claim = state.claim(id(7)).unwrap();

        assert!(claim.is_live(dies_at()));
        assert!(!claim.is_live(extend().expires_at));
        assert_eq!(
            decide::<InterviewerCalendar>(&history, extend(), now()),
            nothing()
        );
        let other = decide::<InterviewerCalendar>(&history, hold(8, "2026-05-05T10:00:00Z"), now());
        assert_eq!(other, Err(Refusal::SlotTaken));
    }

    #[test]
    fn what_has_died_is_firm_or_would_be_dead_at_once_is_not_extended() {
        let dead = decide::<InterviewerCalendar>(&held(), extend(), dies_at());
        let firm = decide::<InterviewerCalendar>(&confirmed(), extend(), now());
        let back = ExtendHold {
            expires_at: now(),
            ..extend()
        };
        let back = decide::<InterviewerCalendar>(&held(), back, now());

        assert_eq!(dead.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(firm.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(back.unwrap_err().code(), "INVALID");
    }
}
