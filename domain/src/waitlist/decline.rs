//! The candidate does not take what is offered, and goes on waiting.

use super::{
    Waitlist,
    events::{WaitlistDeclined, WaitlistEvent},
};
use crate::{
    aggregate::{Context, Decision, one},
    ids::{EntryId, InterviewTypeId},
};

/// Whose offer is not taken. The claims are released in the same append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decline {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on the list.
    pub entry: EntryId,
}

/// # Errors
/// `NotFound`; `WrongState`, when nothing is offered, or the offer is over.
pub fn decide(state: &Waitlist, command: &Decline, context: &Context) -> Decision<WaitlistEvent> {
    let entry = state.entry(command.entry)?;
    let offer = entry.live_offer(context.now)?;
    one(WaitlistDeclined {
        interview_type: command.interview_type,
        entry: command.entry,
        candidate: entry.candidate,
        offer: entry.offers,
        interview: offer.interview,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id},
        waitlist::given::{expires_at, now, offer, offered, start, then},
    };

    fn decline() -> Decline {
        Decline {
            interview_type: id(11),
            entry: id(10_001),
        }
    }

    #[test]
    fn whoever_declines_keeps_the_place_and_the_next_in_line_has_the_choice() {
        let declined = then(offered(), decline(), now());
        let state: Waitlist = fold(&declined);

        assert_eq!(state.entries()[0].entry, id(10_001));
        assert_eq!(state.first_for(start(), &[]).unwrap().entry, id(10_002));
        let again = decide::<Waitlist>(&declined, offer(1), now());
        assert_eq!(again.unwrap_err().code(), "WRONG_STATE");
        assert!(decide::<Waitlist>(&declined, offer(2), now()).is_ok());
    }

    #[test]
    fn what_is_over_is_not_declined() {
        let late = decide::<Waitlist>(&offered(), decline(), expires_at());
        let twice = decide::<Waitlist>(&then(offered(), decline(), now()), decline(), now());
        assert_eq!(late.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(twice.unwrap_err().code(), "WRONG_STATE");
    }
}
