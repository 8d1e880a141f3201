//! A time is offered to whoever is first in line for it.

use super::{
    Waitlist,
    events::{WaitlistEvent, WaitlistOffered},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{EntryId, InterviewId, InterviewTypeId},
    interview::events::{PanelClaim, PanelMember},
    refusal::Refusal,
    time::{Instant, Slot},
};

/// How long an offer lasts unless its start is nearer, in minutes.
pub const OFFER_MINUTES: i64 = 60;
/// An offer that would last shorter than this is not made, in minutes.
pub const LEAST_MINUTES: i64 = 5;

/// What is offered to whom. The time was found to be bookable, and every calendar of the panel is claimed in the same
/// append for as long as the offer lasts.
#[derive(Clone, PartialEq, Debug)]
pub struct MakeOffer {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on the list.
    pub entry: EntryId,
    /// The interview that taking it makes.
    pub interview: InterviewId,
    /// The time.
    pub slot: Slot,
    /// Who would meet the candidate.
    pub panel: Vec<PanelMember>,
    /// The claims, one for each seat.
    pub claims: Vec<PanelClaim>,
    /// When the offer and the claims die.
    pub expires_at: Instant,
}

/// # Errors
/// `NotFound` and `WrongState` for the place; `WrongState`, when somebody before them wants this time, they do not want it, or
/// would sit on the panel; `Invalid`, when the offer would be dead at once.
pub fn decide(state: &Waitlist, command: &MakeOffer, context: &Context) -> Decision<WaitlistEvent> {
    let entry = state.entry(command.entry)?;
    let made = entry.offer.as_ref();
    if made.is_some_and(|made| made.interview == command.interview) {
        return nothing();
    }
    let first = state.first_for(command.slot.span.start, &command.panel);
    if first.map(|first| first.entry) != Some(command.entry) {
        return Err(Refusal::WrongState {
            state: "they are not the first in line for this time",
        });
    }
    if command.expires_at <= context.now {
        return Err(Refusal::invalid("expiresAt", "must be in the future"));
    }
    one(WaitlistOffered {
        interview_type: command.interview_type,
        entry: command.entry,
        candidate: entry.candidate,
        offer: entry.offers + 1,
        interview: command.interview,
        slot: command.slot.clone(),
        panel: command.panel.clone(),
        claims: command.claims.clone(),
        expires_at: command.expires_at,
    })
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        given::{decide, id},
        time::{Span, Zone},
        waitlist::given::{joined, now, offer, offered, wanted},
    };

    fn code(history: &[WaitlistEvent], command: MakeOffer) -> &'static str {
        let refused = decide::<Waitlist>(history, command, now());
        refused.unwrap_err().code()
    }

    fn at(start: Instant, candidate: u128) -> MakeOffer {
        MakeOffer {
            slot: Slot::promised(Span::minutes(start, 60), Zone::UTC),
            ..offer(candidate)
        }
    }

    #[test]
    fn a_time_is_offered_to_the_first_in_line_and_to_nobody_before_them() {
        let first = decide::<Waitlist>(&joined(&[1, 2]), offer(1), now());
        assert_eq!(first.unwrap().len(), 1);
        assert_eq!(code(&joined(&[1, 2]), offer(2)), "WRONG_STATE");
        assert_eq!(decide::<Waitlist>(&offered(), offer(1), now()), nothing());
    }

    #[test]
    fn whoever_has_an_offer_lets_the_next_one_pass() {
        let next = decide::<Waitlist>(&offered(), offer(2), now());
        assert!(next.is_ok());
    }

    #[test]
    fn only_what_is_wanted_is_offered() {
        assert_eq!(code(&joined(&[1]), at(wanted().end, 1)), "WRONG_STATE");
        let before = wanted().start - Duration::minutes(1);
        assert_eq!(code(&joined(&[1]), at(before, 1)), "WRONG_STATE");
        let first = decide::<Waitlist>(&joined(&[1]), at(wanted().start, 1), now());
        assert!(first.is_ok());
    }

    #[test]
    fn nobody_is_offered_an_interview_with_themselves_or_what_is_over_at_once() {
        let own = decide::<Waitlist>(&joined(&[900]), offer(900), now());
        let dead = MakeOffer {
            expires_at: now(),
            ..offer(1)
        };
        let next = decide::<Waitlist>(&joined(&[900, 2]), offer(2), now());
        assert_eq!(own.unwrap_err().code(), "WRONG_STATE");
        assert!(
            next.is_ok(),
            "who cannot be interviewed by this panel lets the next one pass"
        );
        assert_eq!(code(&joined(&[1]), dead), "INVALID");
        assert_eq!(code(&joined(&[]), offer(1)), "NOT_FOUND");
        assert_eq!(offer(1).entry, id(10_001));
    }
}
