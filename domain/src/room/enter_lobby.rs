//! Waiting to be admitted to a session.

use super::{
    Room,
    events::{LobbyEntered, RoomEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
    time::Instant,
};

/// Most people who wait at the same time.
pub const MOST_WAITING: usize = 20;

/// Somebody who knows the code, and the password if there is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EnterLobby {
    /// Who.
    pub account: AccountId,
    /// Since when.
    pub at: Instant,
}

/// What is heard in the moments between the opening of a session and the provision of its room.
pub const NOT_READY: Refusal = Refusal::WrongState {
    state: "the room is being made ready",
};

/// Nothing for whoever waits already, and for those who need not wait: whoever was admitted and the hosts.
///
/// # Errors
/// [`NOT_READY`] before the room is provisioned, `TooEarly`, `RoomClosed`; `SessionFull`, when another was admitted;
/// `Denied`, for whoever a host has denied; `LobbyFull`, when as many wait as may.
pub fn decide(room: &Room, command: &EnterLobby) -> Decision<RoomEvent> {
    if room.inside().is_none() {
        return Err(NOT_READY);
    }
    let inside = room.lobby(command.at)?;
    if inside.role(command.account).is_some() {
        return nothing();
    }
    if inside.denied.contains(&command.account) {
        return Err(Refusal::Denied);
    }
    if inside.candidate().is_some() {
        return Err(Refusal::SessionFull);
    }
    if inside.waits(command.account) {
        return nothing();
    }
    if inside.lobby.len() >= MOST_WAITING {
        return Err(Refusal::LobbyFull);
    }
    one(LobbyEntered {
        room: inside.room,
        interview: inside.interview,
        account: command.account,
        at: command.at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{fold, id},
        room::given::{admitted, at, closed, denied, entered, lobby_left, session, session_and},
        testing::given,
    };

    fn enter(account: u128) -> EnterLobby {
        EnterLobby {
            account: id(account),
            at: at(20),
        }
    }

    #[test]
    fn whoever_knows_the_code_waits_once() {
        given::<Room>(session()).when(enter(4)).then_once(entered(4, 20));
    }

    #[test]
    fn those_who_wait_are_in_the_order_in_which_they_came() {
        let history = session_and([entered(5, 11).into(), entered(4, 12).into()]);
        let room: Room = fold(&history);
        assert_eq!(room.inside().unwrap().lobby, [id(5), id(4)]);
    }

    #[test]
    fn who_left_may_come_again_and_who_was_denied_may_not() {
        let left = session_and([entered(4, 11).into(), lobby_left(4, 12).into()]);
        let denied = session_and([entered(4, 11).into(), denied(4).into()]);

        given::<Room>(left).when(enter(4)).then(entered(4, 20));
        given::<Room>(denied).when(enter(4)).then_refused(Refusal::Denied);
    }

    #[test]
    fn hosts_and_who_was_admitted_need_not_wait_and_others_are_too_late() {
        let history = session_and(std::iter::once(entered(4, 11).into()).chain(admitted(4)));

        for known in [2, 4] {
            given::<Room>(history.clone()).when(enter(known)).then_nothing();
        }
        given::<Room>(history)
            .when(enter(5))
            .then_refused(Refusal::SessionFull);
    }

    #[test]
    fn the_lobby_has_an_end() {
        let waiting = (100..)
            .take(MOST_WAITING)
            .map(|account| entered(account, 11).into());
        let history = session_and(waiting);

        given::<Room>(history.clone())
            .when(enter(4))
            .then_refused(Refusal::LobbyFull);
        given::<Room>(history).when(enter(100)).then_nothing();
    }

    #[test]
    fn nobody_waits_for_a_room_that_is_not_there_not_open_or_closed() {
        let early = EnterLobby {
            at: at(9),
            ..enter(4)
        };
        let late = EnterLobby {
            at: at(50),
            ..enter(4)
        };

        given::<Room>([]).when(enter(4)).then_refused(NOT_READY);
        given::<Room>(session())
            .when(early)
            .then_refused(Refusal::TooEarly { opens_at: at(10) });
        given::<Room>(session())
            .when(late)
            .then_refused(Refusal::RoomClosed);
        given::<Room>(session_and([closed().into()]))
            .when(enter(4))
            .then_refused(Refusal::RoomClosed);
    }
}
