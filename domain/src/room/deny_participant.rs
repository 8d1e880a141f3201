//! Not letting somebody in who waits.

use super::{
    Room,
    admit_participant::NOT_WAITING,
    events::{ParticipantDenied, RoomEvent, RoomRole},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
    sealed::Sealed,
};

/// Whom a host does not let in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DenyParticipant {
    /// Whom.
    pub account: AccountId,
    /// Which host.
    pub by: AccountId,
    /// Why, in the host's words.
    pub reason: Option<Sealed<String>>,
}

/// Nothing, when that one was denied before.
///
/// # Errors
/// `NotFound`, when there is no such room, the one who denies is no host of it, or the other does not wait;
/// `WrongState`, when the other was admitted; `TooEarly`, `RoomClosed`.
pub fn decide(room: &Room, command: &DenyParticipant, context: &Context) -> Decision<RoomEvent> {
    let inside = room.lobby(context.now)?;
    if inside.role(command.by) != Some(RoomRole::Interviewer) {
        return Err(super::NO_ROOM);
    }
    if inside.denied.contains(&command.account) {
        return nothing();
    }
    if inside.candidate() == Some(command.account) {
        return Err(Refusal::WrongState {
            state: "the participant is admitted",
        });
    }
    if !inside.waits(command.account) {
        return Err(NOT_WAITING);
    }
    one(ParticipantDenied {
        room: inside.room,
        interview: inside.interview,
        account: command.account,
        by: command.by,
        reason: command.reason.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{fold, id},
        room::given::{admitted, at, closed, denied, entered, no_room, session, session_and},
        testing::given,
    };

    fn deny(account: u128) -> DenyParticipant {
        DenyParticipant {
            account: id(account),
            by: id(2),
            reason: None,
        }
    }

    fn waiting() -> Vec<RoomEvent> {
        session_and([entered(4, 11).into(), entered(5, 12).into()])
    }

    #[test]
    fn whoever_is_denied_waits_no_more() {
        given::<Room>(waiting()).when(deny(4)).then_once(denied(4));

        let room: Room = fold(&[waiting(), vec![denied(4).into()]].concat());
        let inside = room.inside().unwrap();
        assert_eq!(inside.lobby, [id(5)]);
        assert!(inside.denied.contains(&id(4)));
    }

    #[test]
    fn who_does_not_wait_is_not_denied_and_who_was_admitted_is_in() {
        let history = [waiting(), admitted(4).collect()].concat();

        given::<Room>(session()).when(deny(4)).then_refused(NOT_WAITING);
        given::<Room>(history)
            .when(deny(4))
            .then_refused(Refusal::WrongState {
                state: "the participant is admitted",
            });
    }

    #[test]
    fn only_a_host_denies_and_only_while_the_room_is_open() {
        let guest = DenyParticipant { by: id(5), ..deny(4) };

        given::<Room>(waiting()).when(guest).then_refused(no_room());
        given::<Room>([]).when(deny(4)).then_refused(no_room());
        given::<Room>(waiting())
            .when_at(at(50), deny(4))
            .then_refused(Refusal::RoomClosed);
        given::<Room>([waiting(), vec![closed().into()]].concat())
            .when(deny(4))
            .then_refused(Refusal::RoomClosed);
    }
}
