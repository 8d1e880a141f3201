//! Revives an expired booking after a late payment, when its slot is still free (rule M3).

use super::{
    Interview, check_claims,
    events::{InterviewConfirmed, InterviewEvent, PanelClaim, SlotReclaimed},
    phase::Step,
};
use crate::{
    aggregate::{Context, Decision, nothing},
    refusal::Refusal,
};

/// The money came, and every calendar of the panel is claimed anew in the same append.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reclaim {
    /// The new claims, one for each seat.
    pub claims: Vec<PanelClaim>,
}

/// # Errors
/// `NotFound`; `WrongState`, when it did not expire or its start has passed; `Invalid`, when the claims are not one for
/// each seat.
pub fn decide(state: &Interview, command: &Reclaim, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if booking.phase.was_confirmed() {
        return nothing();
    }
    booking.allows(Step::Reclaim)?;
    if booking.slot.span.start <= context.now {
        return Err(Refusal::WrongState {
            state: "the start has passed",
        });
    }
    check_claims(&booking.panel, &command.claims)?;
    let (interview, revision) = (booking.interview, booking.revision);
    let reclaimed = SlotReclaimed {
        interview,
        revision,
        claims: command.claims.clone(),
    };
    Ok(vec![
        reclaimed.into(),
        InterviewConfirmed { interview, revision }.into(),
    ])
}
