//! Revives an expired booking after a late payment, when its slot is still free (rule M3).

use super::{
    Interview, check_claims,
    events::{GroupPlace, InterviewConfirmed, InterviewEvent, PanelClaim, SlotReclaimed},
    phase::Step,
    placed,
};
use crate::{
    aggregate::{Context, Decision, nothing},
    refusal::Refusal,
};

/// The money came, and every calendar of the panel is claimed anew in the same append.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reclaim {
    /// Its place in a group, if candidates share its time: another one when the former has come to nothing.
    pub group: Option<GroupPlace>,
    /// The new claims, one for each seat of the panel.
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
    let moved = command.group.filter(|place| booking.group != Some(*place));
    let placed = placed(interview, revision, moved);
    let events = [reclaimed.into()].into_iter().chain(placed);
    let confirmed = InterviewConfirmed { interview, revision };
    Ok(events.chain([confirmed.into()]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold},
        interview::{
            given::{awaiting_payment, claims, confirmed, due, expired, start},
            phase::Phase,
        },
        testing::given,
    };

    fn reclaim() -> Reclaim {
        Reclaim {
            group: None,
            claims: claims(21),
        }
    }

    #[test]
    fn a_late_payment_revives_the_booking_on_new_claims() {
        let events = decide::<Interview>(&expired(), reclaim(), due()).unwrap();
        let state: Interview = fold(&[expired(), events].concat());
        let booking = state.booked().unwrap();

        assert_eq!(
            (booking.phase, booking.revision, &booking.claims),
            (Phase::Confirmed, 1, &claims(21))
        );
    }

    #[test]
    fn what_is_confirmed_already_is_not_revived_again() {
        assert_eq!(decide::<Interview>(&confirmed(), reclaim(), due()), nothing());
    }

    #[test]
    fn only_an_expired_booking_whose_start_is_to_come_is_revived() {
        let waiting = decide::<Interview>(&awaiting_payment(), reclaim(), due());
        let too_late = decide::<Interview>(&expired(), reclaim(), start());
        let unseated = decide::<Interview>(
            &expired(),
            Reclaim {
                group: None,
                claims: Vec::new(),
            },
            due(),
        );

        assert_eq!(waiting.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(too_late.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(unseated.unwrap_err().code(), "INVALID");
    }

    #[test]
    fn what_was_never_asked_for_is_not_revived() {
        given::<Interview>([])
            .when_at(due(), reclaim())
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
