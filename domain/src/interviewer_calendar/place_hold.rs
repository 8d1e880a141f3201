//! Takes time for an interview, for as long as a hold lasts.

use super::{
    Claim, InterviewerCalendar,
    events::{GroupSeat, HoldPlaced, InterviewerCalendarEvent},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AccountId, ClaimId, InterviewId, InterviewTypeId},
    refusal::Refusal,
    time::{Instant, Span},
};

/// The time to take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlaceHold {
    /// Whose calendar.
    pub account: AccountId,
    /// The new claim.
    pub claim: ClaimId,
    /// For which interview.
    pub interview: InterviewId,
    /// The product it follows, if any.
    pub interview_type: Option<InterviewTypeId>,
    /// The seat in a group that it is for, if it is for one; the other seats of that group do not stand in the way.
    pub group: Option<GroupSeat>,
    /// For which settling of its time.
    pub revision: u32,
    /// The bare interview.
    pub span: Span,
    /// Minutes to keep free before it.
    pub before: u32,
    /// Minutes to keep free after it.
    pub after: u32,
    /// When the hold dies by itself unless confirmed before.
    pub expires_at: Instant,
    /// The claim on the old time when the interview moves: it is about to be released and does not stand in the way.
    pub moving: Option<ClaimId>,
}

/// # Errors
/// `SlotTaken`, when a live claim protects a part of the time or all seats of the group are taken; `AlreadyInGroup`, when the
/// candidate has one; `Invalid`, when the time is empty or the hold would be dead at once.
pub fn decide(
    state: &InterviewerCalendar,
    command: &PlaceHold,
    context: &Context,
) -> Decision<InterviewerCalendarEvent> {
    if state.claim(command.claim).is_some_and(|claim| {
        (claim.interview, claim.revision, claim.span) == (command.interview, command.revision, command.span)
    }) {
        return nothing();
    }
    if command.span.end <= command.span.start {
        return Err(Refusal::invalid("span", "must end after it starts"));
    }
    if command.expires_at <= context.now {
        return Err(Refusal::invalid("expiresAt", "must be in the future"));
    }
    let protected = command.span.widened(command.before, command.after);
    let is_shared = |claim: &Claim| command.group.is_some_and(|seat| claim.is_of(seat.place.group));
    let is_free = state.is_free(protected, context.now, |id, claim| {
        Some(id) == command.moving || is_shared(claim)
    });
    if !is_free {
        return Err(Refusal::SlotTaken);
    }
    if let Some(seat) = &command.group {
        state.check_seat(seat, command.interview, context.now)?;
    }
    one(HoldPlaced {
        account: command.account,
        claim: command.claim,
        interview: command.interview,
        interview_type: command.interview_type,
        group: command.group,
        revision: command.revision,
        span: command.span,
        before: command.before,
        after: command.after,
        expires_at: command.expires_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id},
        interviewer_calendar::given::{confirmed, dies_at, expire, held, hold, now, release, then},
    };

    fn placed(
        history: &[InterviewerCalendarEvent],
        command: PlaceHold,
    ) -> Decision<InterviewerCalendarEvent> {
        decide::<InterviewerCalendar>(history, command, now())
    }

    #[test]
    fn the_same_hold_again_is_nothing() {
        assert_eq!(placed(&held(), hold(7, "2026-05-05T10:00:00Z")), nothing());
    }

    #[test]
    fn protected_times_of_live_claims_do_not_overlap_and_back_to_back_is_free() {
        let near = placed(&held(), hold(8, "2026-05-05T11:29:00Z"));
        let before = placed(&confirmed(), hold(8, "2026-05-05T08:31:00Z"));
        let next = placed(&confirmed(), hold(8, "2026-05-05T11:30:00Z"));
        assert_eq!(near, Err(Refusal::SlotTaken));
        assert_eq!(before, Err(Refusal::SlotTaken));
        assert!(next.is_ok());
    }

    #[test]
    fn a_dead_hold_is_not_in_the_way_whether_or_not_a_timer_recorded_its_death() {
        let late = PlaceHold {
            expires_at: dies_at() + chrono::Duration::minutes(15),
            ..hold(8, "2026-05-05T10:00:00Z")
        };
        let unrecorded = decide::<InterviewerCalendar>(&held(), late.clone(), dies_at());
        let recorded = then(held(), expire(), dies_at());
        let recorded = decide::<InterviewerCalendar>(&recorded, late, dies_at());
        assert!(unrecorded.is_ok());
        assert!(recorded.is_ok());
    }

    #[test]
    fn released_time_is_free_again() {
        let released = then(confirmed(), release(), now());
        assert!(placed(&released, hold(8, "2026-05-05T10:00:00Z")).is_ok());
    }

    #[test]
    fn a_move_may_overlap_its_own_old_claim_and_no_other() {
        let own = PlaceHold {
            moving: Some(id(7)),
            ..hold(8, "2026-05-05T10:30:00Z")
        };
        let other = PlaceHold {
            moving: Some(id(9)),
            ..own.clone()
        };
        assert!(placed(&confirmed(), own).is_ok());
        assert_eq!(placed(&confirmed(), other), Err(Refusal::SlotTaken));
    }

    #[test]
    fn empty_time_and_a_hold_that_is_dead_at_once_are_refused() {
        let mut empty = hold(8, "2026-05-05T10:00:00Z");
        empty.span.end = empty.span.start;
        let dead = PlaceHold {
            expires_at: now(),
            ..hold(8, "2026-05-05T10:00:00Z")
        };
        assert_eq!(placed(&[], empty).unwrap_err().code(), "INVALID");
        assert_eq!(placed(&[], dead).unwrap_err().code(), "INVALID");
    }
}
