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
