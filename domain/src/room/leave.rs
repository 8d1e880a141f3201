//! Going out of a room.

use super::{
    NO_ROOM, Room,
    events::{LeaveReason, ParticipantLeft, RoomEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::ConnectionId,
    time::Instant,
};

/// A connection ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leave {
    /// Which connection.
    pub connection: ConnectionId,
    /// When, as the provider says; the present moment for the built-in room.
    pub at: Instant,
    /// Why.
    pub reason: LeaveReason,
}

/// Nothing when the connection never came or is gone. Reports that come after the closing are kept.
///
/// # Errors
/// `NotFound` when there is no such room.
pub fn decide(room: &Room, command: &Leave) -> Decision<RoomEvent> {
    let inside = room.inside().ok_or(NO_ROOM)?;
    let Some(account) = inside.account_on(command.connection) else {
        return nothing();
    };
    if !inside.is_in(command.connection) {
        return nothing();
    }
    one(ParticipantLeft {
        room: inside.room,
        interview: inside.interview,
        account,
        connection: command.connection,
        at: command.at,
        reason: command.reason,
    })
}
