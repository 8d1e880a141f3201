//! Opening the door of one of our own rooms with a ticket.

use super::{
    NO_ROOM, Room,
    events::{JoinTokenUsed, RoomEvent},
};
use crate::{
    aggregate::{Decision, one},
    ids::{AccountId, ConnectionId},
    refusal::Refusal,
    time::Instant,
};

/// A member stands at the door with a good ticket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UseTicket {
    /// Whose ticket.
    pub account: AccountId,
    /// The connection that the ticket is for; however often a ticket for it is written, one use is all there is.
    pub connection: ConnectionId,
    /// When.
    pub at: Instant,
}

/// What the second to come with a ticket hears.
pub const USED: Refusal = Refusal::WrongState {
    state: "the ticket was used before",
};

/// # Errors
/// `NotFound` for strangers and for the connection of somebody else, exactly as for an absent room; `TooEarly`,
/// `RoomClosed`; [`USED`], also for the same command again: who repeats it is not told apart from who copied a ticket.
pub fn decide(room: &Room, command: &UseTicket) -> Decision<RoomEvent> {
    let (inside, role) = room.admit(command.account, command.at)?;
    let owner = inside.account_on(command.connection);
    if owner.is_some_and(|owner| owner != command.account) {
        return Err(NO_ROOM);
    }
    if inside.used.contains(&command.connection) {
        return Err(USED);
    }
    one(JoinTokenUsed {
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
        room::given::{at, closed, joined, left, no_room, ready, ready_and, use_ticket, used},
        testing::given,
    };

    #[test]
    fn a_ticket_opens_the_door_once() {
        given::<Room>(ready())
            .when(use_ticket(1, 9, 20))
            .then(used(1, 9, 20));
        given::<Room>(ready_and([used(1, 9, 20).into()]))
            .when(use_ticket(1, 9, 21))
            .then_refused(USED);
    }

    #[test]
    fn a_ticket_opens_the_door_once_for_whoever_came_in_and_went() {
        let gone = ready_and([
            joined(1, 9, 19).into(),
            used(1, 9, 20).into(),
            left(1, 9, 21).into(),
        ]);

        given::<Room>(gone).when(use_ticket(1, 9, 22)).then_refused(USED);
    }

    #[test]
    fn a_member_has_a_ticket_for_each_connection() {
        given::<Room>(ready_and([used(1, 9, 20).into()]))
            .when(use_ticket(1, 10, 21))
            .then(used(1, 10, 21));
    }

    #[test]
    fn the_connection_of_somebody_else_is_no_way_in() {
        given::<Room>(ready_and([joined(2, 9, 20).into()]))
            .when(use_ticket(1, 9, 21))
            .then_refused(no_room());
    }

    #[test]
    fn the_door_opens_in_the_window_only_and_never_for_strangers() {
        given::<Room>(ready())
            .when(use_ticket(1, 9, 9))
            .then_refused(Refusal::TooEarly { opens_at: at(10) });
        given::<Room>(ready())
            .when(use_ticket(1, 9, 50))
            .then_refused(Refusal::RoomClosed);
        given::<Room>(ready_and([closed().into()]))
            .when(use_ticket(1, 9, 31))
            .then_refused(Refusal::RoomClosed);
        given::<Room>(ready())
            .when(use_ticket(3, 9, 20))
            .then_refused(no_room());
        given::<Room>([])
            .when(use_ticket(1, 9, 20))
            .then_refused(no_room());
    }
}
