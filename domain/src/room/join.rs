//! Coming into a room.

use super::{
    Room,
    events::{ParticipantJoined, RoomEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, ConnectionId},
    time::Instant,
};

/// A member came in, on one connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Join {
    /// Who.
    pub account: AccountId,
    /// On which connection.
    pub connection: ConnectionId,
    /// When, as the provider says; the present moment for the built-in room.
    pub at: Instant,
}

/// Nothing when the connection is in.
///
/// # Errors
/// `NotFound` for strangers exactly as for an absent room, `TooEarly`, `RoomClosed`.
pub fn decide(room: &Room, command: &Join) -> Decision<RoomEvent> {
    let (inside, role) = room.admit(command.account, command.at)?;
    if inside.is_in(command.connection) {
        return nothing();
    }
    one(ParticipantJoined {
        room: inside.room,
        interview: inside.interview,
        account: command.account,
        role,
        connection: command.connection,
        at: command.at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        refusal::Refusal,
        room::given::{at, closed, join, joined, left, no_room, ready, ready_and},
        testing::given,
    };

    #[test]
    fn a_connection_comes_once() {
        given::<Room>(ready())
            .when(join(1, 9, 10))
            .then_once(joined(1, 9, 10));
    }

    #[test]
    fn a_member_comes_on_several_connections() {
        given::<Room>(ready_and([joined(1, 9, 10).into()]))
            .when(join(1, 10, 12))
            .then_once(joined(1, 10, 12));
    }

    #[test]
    fn a_connection_that_went_may_come_back() {
        given::<Room>(ready_and([joined(1, 9, 10).into(), left(1, 9, 12).into()]))
            .when(join(1, 9, 13))
            .then_once(joined(1, 9, 13));
    }

    #[test]
    fn a_room_is_entered_in_its_window_only() {
        given::<Room>(ready())
            .when(join(1, 9, 9))
            .then_refused(Refusal::TooEarly { opens_at: at(10) });
        given::<Room>(ready())
            .when(join(1, 9, 50))
            .then_refused(Refusal::RoomClosed);
        given::<Room>(ready_and([closed().into()]))
            .when(join(1, 9, 31))
            .then_refused(Refusal::RoomClosed);
    }

    #[test]
    fn a_stranger_hears_the_same_of_every_room() {
        given::<Room>([]).when(join(3, 9, 20)).then_refused(no_room());
        given::<Room>(ready())
            .when(join(3, 9, 20))
            .then_refused(no_room());
        given::<Room>(ready()).when(join(3, 9, 9)).then_refused(no_room());
        given::<Room>(ready_and([closed().into()]))
            .when(join(3, 9, 20))
            .then_refused(no_room());
    }
}
