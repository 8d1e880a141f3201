//! Moves a confirmed interview to another time.

use super::{
    Booking, Interview, check_claims, check_time,
    events::{GroupPlace, InterviewEvent, InterviewRescheduled, PanelClaim, Party, RefundLimited},
    phase::Step,
    placed,
};
use crate::{
    aggregate::{Context, Decision, nothing},
    ids::AccountId,
    refusal::Refusal,
    sealed::Sealed,
    time::{Instant, Slot},
};

/// Where it moves to. The new time was found to be bookable; the new claims are made and the old ones released in the
/// same append.
#[derive(Clone, PartialEq, Debug)]
pub struct Reschedule {
    /// The revision that the asker saw.
    pub expected_revision: u32,
    /// The new time.
    pub to: Slot,
    /// Its place in a group at the new time, if candidates share it.
    pub group: Option<GroupPlace>,
    /// The claims on the new time, one for each seat of the panel.
    pub claims: Vec<PanelClaim>,
    /// Who moves it.
    pub by: AccountId,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
}

/// # Errors
/// `NotFound`; `WrongState`, when it is not confirmed or its old start has passed (rule C9); `StaleRevision`, when it
/// moved since the asker looked (rule C7); `SlotNotOffered` and `NoticeTooShort` for the new time; `Invalid`, when the
/// claims are not one for each seat or the new time has another length.
pub fn decide(state: &Interview, command: &Reschedule, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    booking.allows(Step::Reschedule)?;
    if booking.slot.span == command.to.span {
        return nothing();
    }
    if booking.revision != command.expected_revision {
        return Err(Refusal::StaleRevision {
            current: booking.revision,
        });
    }
    if booking.slot.span.start <= context.now {
        return Err(Refusal::WrongState {
            state: "the start has passed",
        });
    }
    check_time(&booking.terms, &command.to, context.now)?;
    check_claims(&booking.panel, &command.claims)?;
    Ok(moved(
        booking,
        Move {
            to: command.to.clone(),
            group: command.group,
            claims: command.claims.clone(),
            by: command.by,
            reason: command.reason.clone(),
            wished_at: booking.is_candidate(command.by).then_some(context.now),
        },
    ))
}

/// A move that is possible.
pub(super) struct Move {
    pub(super) to: Slot,
    pub(super) group: Option<GroupPlace>,
    pub(super) claims: Vec<PanelClaim>,
    pub(super) by: AccountId,
    pub(super) reason: Option<Sealed<String>>,
    /// Since when the candidate wishes it; nothing when somebody else does.
    pub(super) wished_at: Option<Instant>,
}

/// What a move makes of a booking, whoever asked for it and how.
pub(super) fn moved(booking: &Booking, to: Move) -> Vec<InterviewEvent> {
    let limited = to.wished_at.and_then(|wished_at| limited(booking, wished_at));
    let moved = InterviewRescheduled {
        interview: booking.interview,
        revision: booking.revision + 1,
        from: booking.slot.clone(),
        to: to.to,
        claims: to.claims,
        by: to.by,
        reason: to.reason,
    };
    let placed = placed(booking.interview, moved.revision, to.group);
    let limited = limited.map(InterviewEvent::from);
    std::iter::once(moved.into())
        .chain(placed)
        .chain(limited)
        .collect()
}

/// A move to a later day must not bring back the notice that was lost: what the candidate could have had back before
/// it stays the most (rule M5). A move by somebody else costs the candidate nothing.
fn limited(booking: &Booking, wished_at: Instant) -> Option<RefundLimited> {
    let percent = booking.refundable_percent(Party::Candidate, wished_at);
    let is_limited =
        booking.quote.is_some() && percent < booking.refund_limit && !booking.terms.refunds.is_empty();
    is_limited.then_some(RefundLimited {
        interview: booking.interview,
        revision: booking.revision + 1,
        percent,
    })
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        aggregate::one,
        given::{decide, fold, id},
        interview::given::{asked_at, awaiting_payment, claims, confirmed, open, slot, start},
        testing::given,
    };

    fn to(start: Instant) -> Reschedule {
        Reschedule {
            expected_revision: 1,
            to: slot(start),
            group: None,
            claims: claims(21),
            by: id(2),
            reason: None,
        }
    }

    fn tomorrow() -> Instant {
        start() + Duration::days(1)
    }

    fn moved() -> Vec<InterviewEvent> {
        let events = decide::<Interview>(&confirmed(), to(tomorrow()), asked_at()).unwrap();
        [confirmed(), events].concat()
    }

    #[test]
    fn a_move_keeps_the_old_time_in_its_event_and_makes_the_next_revision() {
        let events = decide::<Interview>(&confirmed(), to(tomorrow()), asked_at());
        let state: Interview = fold(&moved());
        let booking = state.booked().unwrap();

        let expected = InterviewRescheduled {
            interview: id(10),
            revision: 2,
            from: slot(start()),
            to: slot(tomorrow()),
            claims: claims(21),
            by: id(2),
            reason: None,
        };
        assert_eq!(events, one(expected));
        assert_eq!((booking.revision, &booking.claims), (2, &claims(21)));
        assert_eq!(booking.slot, slot(tomorrow()));
    }

    #[test]
    fn the_same_move_again_is_nothing() {
        assert_eq!(
            decide::<Interview>(&moved(), to(tomorrow()), asked_at()),
            nothing()
        );
    }

    #[test]
    fn a_link_from_before_another_move_is_refused() {
        let stale = decide::<Interview>(&moved(), to(start()), asked_at());
        assert_eq!(stale, Err(Refusal::StaleRevision { current: 2 }));
    }

    #[test]
    fn only_a_confirmed_interview_that_has_not_begun_moves() {
        let waiting = decide::<Interview>(&awaiting_payment(), to(tomorrow()), asked_at());
        let entered = decide::<Interview>(&open(), to(tomorrow()), asked_at());
        let begun = decide::<Interview>(&confirmed(), to(tomorrow()), start());

        assert_eq!(waiting.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(entered.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(begun.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn a_confirmed_interview_cannot_move_within_the_notice_period() {
        let near = asked_at() + Duration::minutes(119);
        let refused = decide::<Interview>(&confirmed(), to(near), asked_at());
        assert_eq!(refused, Err(Refusal::NoticeTooShort { minutes: 120 }));
    }

    #[test]
    fn a_move_into_the_past_or_without_claims_is_refused() {
        let past = decide::<Interview>(&confirmed(), to(asked_at()), asked_at());
        let unclaimed = Reschedule {
            claims: Vec::new(),
            ..to(tomorrow())
        };
        let unclaimed = decide::<Interview>(&confirmed(), unclaimed, asked_at());
        assert_eq!(past.unwrap_err().code(), "SLOT_NOT_OFFERED");
        assert_eq!(unclaimed.unwrap_err().code(), "INVALID");
    }

    #[test]
    fn what_was_never_asked_for_does_not_move() {
        given::<Interview>([])
            .when_at(asked_at(), to(tomorrow()))
            .then_refused(Refusal::NotFound { what: "interview" });
    }

    #[test]
    fn a_move_keeps_the_length_of_the_interview() {
        let mut longer = to(tomorrow());
        longer.to.span.end += Duration::minutes(1);

        let refused = decide::<Interview>(&confirmed(), longer, asked_at());

        assert_eq!(refused.unwrap_err().code(), "INVALID");
    }
}
