//! Gives back the rest of claimed time: what it was for ended early.

use chrono::Duration;

use super::{
    InterviewerCalendar,
    events::{ClaimShortened, InterviewerCalendarEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, ClaimId},
    time::Instant,
};

/// Which claim ends earlier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShortenClaim {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
    /// When it ends now.
    pub until: Instant,
}

/// A second of it stays, however early it ended: it tells that there was something.
///
/// # Errors
/// None: a claim that is gone or ends before is as wanted already.
pub fn decide(state: &InterviewerCalendar, command: &ShortenClaim) -> Decision<InterviewerCalendarEvent> {
    let Some(claim) = state.claim(command.claim) else {
        return nothing();
    };
    let until = command.until.max(claim.span.start + Duration::seconds(1));
    if claim.span.end <= until {
        return nothing();
    }
    one(ClaimShortened {
        account: command.account,
        claim: command.claim,
        interview: claim.interview,
        until,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id, utc},
        interviewer_calendar::given::{confirmed, hold, now, release, then},
        testing::given,
    };

    fn shorten(until: &str) -> ShortenClaim {
        ShortenClaim {
            account: id(1),
            claim: id(7),
            until: utc(until),
        }
    }

    fn shortened(until: &str) -> ClaimShortened {
        ClaimShortened {
            account: id(1),
            claim: id(7),
            interview: id(7),
            until: utc(until),
        }
    }

    #[test]
    fn what_is_left_of_the_time_can_be_taken_again() {
        let history = then(confirmed(), shorten("2026-05-05T10:20:00Z"), now());
        let next = hold(8, "2026-05-05T10:50:00Z");

        assert!(decide::<InterviewerCalendar>(&confirmed(), next.clone(), now()).is_err());
        assert!(decide::<InterviewerCalendar>(&history, next, now()).is_ok());
    }

    #[test]
    fn a_claim_ends_earlier_once_and_never_later() {
        given::<InterviewerCalendar>(confirmed())
            .when(shorten("2026-05-05T10:20:00Z"))
            .then_once(shortened("2026-05-05T10:20:00Z"));
        for late in ["2026-05-05T11:00:00Z", "2026-05-05T12:00:00Z"] {
            given::<InterviewerCalendar>(confirmed())
                .when(shorten(late))
                .then_nothing();
        }
    }

    #[test]
    fn something_is_left_of_what_ended_at_once() {
        given::<InterviewerCalendar>(confirmed())
            .when(shorten("2026-05-05T10:00:00Z"))
            .then_once(shortened("2026-05-05T10:00:01Z"));
    }

    #[test]
    fn a_claim_that_is_gone_does_not_end() {
        let released = then(confirmed(), release(), now());

        given::<InterviewerCalendar>(released)
            .when(shorten("2026-05-05T10:20:00Z"))
            .then_nothing();
    }
}
