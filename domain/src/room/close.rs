//! Closing a room.

use super::{
    NO_ROOM, Room,
    events::{CloseReason, RoomClosed, RoomEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    time::Instant,
};

/// The room ends for everyone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Close {
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: CloseReason,
}

/// Nothing when it is closed.
///
/// # Errors
/// `NotFound` when there is no such room.
pub fn decide(room: &Room, command: &Close) -> Decision<RoomEvent> {
    let inside = room.inside().ok_or(NO_ROOM)?;
    if room.is_closed() {
        return nothing();
    }
    one(RoomClosed {
        room: inside.room,
        interview: inside.interview,
        at: command.at,
        reason: command.reason,
    })
}
