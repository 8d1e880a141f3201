//! Waiting no longer.

use super::{
    Room,
    events::{LobbyLeft, RoomEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    time::Instant,
};

/// Somebody goes who may have waited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaveLobby {
    /// Who.
    pub account: AccountId,
    /// When.
    pub at: Instant,
}

/// Nothing for whoever does not wait, whatever the reason.
///
/// # Errors
/// None.
pub fn decide(room: &Room, command: &LeaveLobby) -> Decision<RoomEvent> {
    let waits = |inside: &&super::Inside| inside.waits(command.account) && !room.is_closed();
    let Some(inside) = room.inside().filter(waits) else {
        return nothing();
    };
    one(LobbyLeft {
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
        given::id,
        room::given::{admitted, at, closed, denied, entered, lobby_left, session, session_and},
        testing::given,
    };

    fn leave(account: u128) -> LeaveLobby {
        LeaveLobby {
            account: id(account),
            at: at(20),
        }
    }

    #[test]
    fn whoever_waits_goes_once() {
        given::<Room>(session_and([entered(4, 11).into()]))
            .when(leave(4))
            .then_once(lobby_left(4, 20));
    }

    #[test]
    fn who_does_not_wait_changes_nothing() {
        let was_admitted = session_and(std::iter::once(entered(4, 11).into()).chain(admitted(4)));
        let was_denied = session_and([entered(4, 11).into(), denied(4).into()]);
        let was_closed = session_and([entered(4, 11).into(), closed().into()]);

        for history in [Vec::new(), session(), was_admitted, was_denied, was_closed] {
            given::<Room>(history).when(leave(4)).then_nothing();
        }
    }
}
