//! Records that somebody entered the room.

use super::{
    Interview,
    events::{InterviewEvent, InterviewOpened},
    phase::{Phase, Step},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::RoomId,
    time::Instant,
};

/// Who came first, in terms of the room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordOpened {
    /// Which room.
    pub room: RoomId,
    /// When.
    pub at: Instant,
}

/// # Errors
/// `NotFound`; `WrongState`, when it is not confirmed, or marked as a no-show: that is retracted first.
pub fn decide(state: &Interview, command: &RecordOpened) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if booking.phase.is_over() || matches!(booking.phase, Phase::Open | Phase::Live) {
        return nothing();
    }
    booking.allows(Step::Open)?;
    one(InterviewOpened {
        interview: booking.interview,
        room: command.room,
        at: command.at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id},
        interview::{
            given::{awaiting_payment, completed, confirmed, expired, live, open, start},
            phase::Phase,
        },
        refusal::Refusal,
        testing::given,
    };

    fn opened() -> RecordOpened {
        RecordOpened {
            room: id(30),
            at: start(),
        }
    }

    #[test]
    fn the_first_to_enter_opens_a_confirmed_interview_and_others_change_nothing() {
        let event = InterviewOpened {
            interview: id(10),
            room: id(30),
            at: start(),
        };
        assert_eq!(decide::<Interview>(&confirmed(), opened(), start()), one(event));
        assert_eq!(decide::<Interview>(&open(), opened(), start()), nothing());
        assert_eq!(decide::<Interview>(&live(), opened(), start()), nothing());
        assert_eq!(decide::<Interview>(&completed(), opened(), start()), nothing());
    }

    #[test]
    fn an_unpaid_interview_does_not_open() {
        let refused = decide::<Interview>(&awaiting_payment(), opened(), start());
        assert_eq!(refused.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn what_was_never_asked_for_does_not_open() {
        given::<Interview>([])
            .when_at(start(), opened())
            .then_refused(Refusal::NotFound { what: "interview" });
    }

    #[test]
    fn an_expired_booking_does_not_open() {
        given::<Interview>(expired())
            .when_at(start(), opened())
            .then_refused(Refusal::WrongState {
                state: Phase::Expired.words(),
            });
    }
}
