//! Records that an offer has died.

use super::{
    Waitlist,
    events::{WaitlistEvent, WaitlistLapsed},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{EntryId, InterviewId, InterviewTypeId},
};

/// Which offer may have died. The holds are recorded as expired in the same append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lapse {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on the list.
    pub entry: EntryId,
    /// The interview that was offered.
    pub interview: InterviewId,
}

/// A timer that comes too early, or after the answer, finds nothing to record.
///
/// # Errors
/// None.
pub fn decide(state: &Waitlist, command: &Lapse, context: &Context) -> Decision<WaitlistEvent> {
    let Ok(entry) = state.entry(command.entry) else {
        return nothing();
    };
    let offer = entry.offer.as_ref();
    let Some(offer) = offer.filter(|offer| offer.interview == command.interview) else {
        return nothing();
    };
    if context.now < offer.expires_at {
        return nothing();
    }
    one(WaitlistLapsed {
        interview_type: command.interview_type,
        entry: command.entry,
        candidate: entry.candidate,
        offer: entry.offers,
        interview: offer.interview,
        lapsed_at: offer.expires_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id},
        waitlist::given::{expires_at, now, offered, start, then},
    };

    fn lapse() -> Lapse {
        Lapse {
            interview_type: id(11),
            entry: id(10_001),
            interview: id(20_001),
        }
    }

    #[test]
    fn an_offer_lapses_when_its_time_has_come_and_the_next_in_line_has_the_choice() {
        let early = decide::<Waitlist>(&offered(), lapse(), now());
        let lapsed = then(offered(), lapse(), expires_at());
        let state: Waitlist = fold(&lapsed);

        assert_eq!(early, nothing());
        assert_eq!(state.first_for(start(), &[]).unwrap().entry, id(10_002));
        assert_eq!(state.entries().len(), 1);
        assert_eq!(decide::<Waitlist>(&lapsed, lapse(), expires_at()), nothing());
    }

    #[test]
    fn the_timer_of_another_offer_records_nothing() {
        let other = Lapse {
            interview: id(20_009),
            ..lapse()
        };
        assert_eq!(decide::<Waitlist>(&offered(), other, expires_at()), nothing());
    }
}
