//! Giving a member a ticket.

use super::{
    Room,
    events::{JoinTokenIssued, RoomEvent},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::AccountId,
    time::Instant,
};

/// A member wants to enter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssueTicket {
    /// Who.
    pub account: AccountId,
    /// Until when the ticket is to be good; never longer than the room is open.
    pub expires_at: Instant,
}

/// Nothing when the account has a ticket that is good until then.
///
/// # Errors
/// `NotFound` for strangers exactly as for an absent room, `TooEarly`, `RoomClosed`.
pub fn decide(room: &Room, command: &IssueTicket, context: &Context) -> Decision<RoomEvent> {
    let (inside, role) = room.admit(command.account, context.now)?;
    let expires_at = command.expires_at.min(inside.window.end);
    if inside.tickets.contains(&(command.account, expires_at)) {
        return nothing();
    }
    one(JoinTokenIssued {
        room: inside.room,
        interview: inside.interview,
        account: command.account,
        role,
        expires_at,
    })
}
