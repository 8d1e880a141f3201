//! The candidate takes what is offered.

use super::{
    Waitlist,
    events::{WaitlistAccepted, WaitlistEvent},
};
use crate::{
    aggregate::{Context, Decision, one},
    ids::{EntryId, InterviewTypeId},
};

/// Whose offer is taken. The interview is booked in the same append, with the claims of the offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accept {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on the list.
    pub entry: EntryId,
}

/// # Errors
/// `NotFound`; `WrongState`, when nothing is offered, the offer is over, whether or not that was recorded (rule C6), or it was
/// taken before.
pub fn decide(state: &Waitlist, command: &Accept, context: &Context) -> Decision<WaitlistEvent> {
    let entry = state.entry(command.entry)?;
    let offer = entry.live_offer(context.now)?;
    one(WaitlistAccepted {
        interview_type: command.interview_type,
        entry: command.entry,
        candidate: entry.candidate,
        offer: entry.offers,
        interview: offer.interview,
    })
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        given::{decide, id},
        waitlist::given::{expires_at, joined, now, offered, then},
    };

    fn accept() -> Accept {
        Accept {
            interview_type: id(11),
            entry: id(10_001),
        }
    }

    #[test]
    fn an_offer_is_taken_once_and_while_it_lives() {
        let last = expires_at() - Duration::microseconds(1);
        let taken = then(offered(), accept(), last);

        let again = decide::<Waitlist>(&taken, accept(), last);
        let late = decide::<Waitlist>(&offered(), accept(), expires_at());

        assert_eq!(again.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(late.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn what_was_never_offered_is_not_taken() {
        let unoffered = decide::<Waitlist>(&joined(&[1]), accept(), now());
        let unknown = decide::<Waitlist>(&[], accept(), now());
        assert_eq!(unoffered.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(unknown.unwrap_err().code(), "NOT_FOUND");
    }
}
