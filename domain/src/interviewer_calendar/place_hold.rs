//! Takes time for an interview, for as long as a hold lasts.

use super::{
    InterviewerCalendar,
    events::{HoldPlaced, InterviewerCalendarEvent},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AccountId, ClaimId, InterviewId},
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
/// `SlotTaken`, when a live claim protects a part of the time; `Invalid`, when the time is empty or the hold would be
/// dead at once.
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
    if !state.is_free(protected, context.now, |claim, _| Some(claim) == command.moving) {
        return Err(Refusal::SlotTaken);
    }
    one(HoldPlaced {
        account: command.account,
        claim: command.claim,
        interview: command.interview,
        revision: command.revision,
        span: command.span,
        before: command.before,
        after: command.after,
        expires_at: command.expires_at,
    })
}
