//! Takes an absence back.

use super::{
    Availability,
    events::{AvailabilityEvent, OutOfOfficeWithdrawn},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AbsenceId, AccountId},
    refusal::Refusal,
};

/// Which absence is taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WithdrawOutOfOffice {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub absence: AbsenceId,
}

/// # Errors
/// `NotFound` for an absence that was never declared; `WrongState` for one that is over.
pub fn decide(
    state: &Availability,
    command: &WithdrawOutOfOffice,
    context: &Context,
) -> Decision<AvailabilityEvent> {
    if state.withdrawn.contains(&command.absence) {
        return nothing();
    }
    let absence = state.absences.get(&command.absence);
    let absence = absence.ok_or(Refusal::NotFound { what: "absence" })?;
    if absence.span.end <= context.now {
        return Err(Refusal::WrongState {
            state: "the absence is over",
        });
    }
    one(OutOfOfficeWithdrawn {
        account: command.account,
        absence: command.absence,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        availability::given::{away, now},
        given::{decide, fold, id, utc},
    };

    fn withdraw() -> WithdrawOutOfOffice {
        WithdrawOutOfOffice {
            account: id(1),
            absence: id(7),
        }
    }

    fn declared() -> Vec<AvailabilityEvent> {
        let week = away(7, "2026-05-11T00:00:00Z", "2026-05-18T00:00:00Z");
        decide::<Availability>(&[], week, now()).unwrap()
    }

    #[test]
    fn an_absence_that_is_taken_back_is_as_if_it_had_not_been_declared() {
        let span = away(7, "2026-05-11T00:00:00Z", "2026-05-18T00:00:00Z").span;

        let events = decide::<Availability>(&declared(), withdraw(), now()).unwrap();

        let history = [declared(), events].concat();
        assert!(fold::<Availability>(&declared()).is_away(span));
        assert!(!fold::<Availability>(&history).is_away(span));
        assert_eq!(decide::<Availability>(&history, withdraw(), now()), nothing());
    }

    #[test]
    fn an_absence_that_was_never_declared_is_not_found() {
        let refused = decide::<Availability>(&[], withdraw(), now());
        assert_eq!(refused, Err(Refusal::NotFound { what: "absence" }));
    }

    #[test]
    fn an_absence_that_is_over_stays() {
        let last = utc("2026-05-17T23:59:59Z");
        let over = utc("2026-05-18T00:00:00Z");
        assert!(decide::<Availability>(&declared(), withdraw(), last).is_ok());
        let refused = decide::<Availability>(&declared(), withdraw(), over);
        assert_eq!(refused.unwrap_err().code(), "WRONG_STATE");
    }
}
