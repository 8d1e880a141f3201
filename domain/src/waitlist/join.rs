//! A candidate waits for a time.

use chrono::Duration;

use super::{
    Waitlist,
    events::{WaitlistEvent, WaitlistJoined},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AccountId, EntryId, InterviewTypeId},
    refusal::Refusal,
    time::{Span, Zone},
};

/// How many may wait for one product.
pub const MOST_ENTRIES: usize = 1_000;
/// The longest time within which an interview may be wanted, in days.
pub const MOST_DAYS: i64 = 62;

/// Who waits for what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Join {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// The new place.
    pub entry: EntryId,
    /// Who waits.
    pub candidate: AccountId,
    /// Within which time an interview is to start.
    pub wanted: Span,
    /// The zone the candidate reads times in.
    pub zone: Zone,
}

/// # Errors
/// `Invalid`, when the time is empty, over, or longer than 62 days; `WrongState`, when the candidate waits for this product
/// already, or the list is full.
pub fn decide(state: &Waitlist, command: &Join, context: &Context) -> Decision<WaitlistEvent> {
    if state.entries.iter().any(|known| known.entry == command.entry) {
        return nothing();
    }
    let wanted = command.wanted;
    if wanted.end <= wanted.start || wanted.end - wanted.start > Duration::days(MOST_DAYS) {
        return Err(Refusal::invalid("to", "must be after from, by at most 62 days"));
    }
    if wanted.end <= context.now {
        return Err(Refusal::invalid("to", "must be in the future"));
    }
    let mut entries = state.entries.iter();
    if entries.any(|known| known.candidate == command.candidate) {
        return Err(Refusal::WrongState {
            state: "you wait for this product already",
        });
    }
    if state.entries.len() >= MOST_ENTRIES {
        return Err(Refusal::WrongState {
            state: "the waitlist is full",
        });
    }
    one(WaitlistJoined {
        interview_type: command.interview_type,
        entry: command.entry,
        candidate: command.candidate,
        wanted,
        zone: command.zone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id},
        waitlist::given::{join, joined, now, wanted},
    };

    fn code(history: &[WaitlistEvent], command: Join) -> &'static str {
        let refused = decide::<Waitlist>(history, command, now());
        refused.unwrap_err().code()
    }

    #[test]
    fn whoever_comes_first_stands_first() {
        let state: Waitlist = fold(&joined(&[1, 2, 3]));
        let places: Vec<_> = state.entries().iter().map(|entry| entry.candidate).collect();

        assert_eq!(places, [id(1), id(2), id(3)]);
        assert_eq!(decide::<Waitlist>(&joined(&[1]), join(1), now()), nothing());
    }

    #[test]
    fn nobody_waits_twice_for_one_product() {
        let again = Join {
            entry: id(999),
            ..join(1)
        };
        assert_eq!(code(&joined(&[1]), again), "WRONG_STATE");
    }

    #[test]
    fn what_is_wanted_lies_ahead_and_is_not_endless() {
        let within = |wanted: Span| Join { wanted, ..join(1) };
        let day = Duration::days(1);
        let over = Span {
            start: now() - day,
            end: now(),
        };
        let backwards = Span {
            start: wanted().end,
            end: wanted().start,
        };
        let endless = Span {
            end: wanted().start + Duration::days(MOST_DAYS) + Duration::microseconds(1),
            ..wanted()
        };
        assert_eq!(code(&[], within(over)), "INVALID");
        assert_eq!(code(&[], within(backwards)), "INVALID");
        assert_eq!(code(&[], within(endless)), "INVALID");
    }

    #[test]
    fn a_list_is_full_at_last() {
        let candidates: Vec<u128> = (1..=MOST_ENTRIES as u128).collect();
        assert_eq!(code(&joined(&candidates), join(5_000)), "WRONG_STATE");
    }
}
