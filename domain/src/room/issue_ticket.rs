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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::id,
        refusal::Refusal,
        room::given::{at, closed, no_room, ready, ready_and, ticket},
        testing::given,
    };

    fn issue(account: u128, minute: u32) -> IssueTicket {
        IssueTicket {
            account: id(account),
            expires_at: at(minute),
        }
    }

    #[test]
    fn a_member_gets_a_ticket_once() {
        given::<Room>(ready())
            .when_at(at(20), issue(1, 25))
            .then_once(ticket(at(25)));
    }

    #[test]
    fn a_ticket_is_good_no_longer_than_the_room() {
        given::<Room>(ready())
            .when_at(at(20), issue(1, 59))
            .then_once(ticket(at(50)));
    }

    #[test]
    fn a_ticket_that_ends_earlier_is_followed_by_another() {
        given::<Room>(ready_and([ticket(at(25)).into()]))
            .when_at(at(24), issue(1, 29))
            .then_once(ticket(at(29)));
    }

    #[test]
    fn tickets_are_given_while_the_room_is_open_only() {
        given::<Room>(ready())
            .when_at(at(9), issue(1, 25))
            .then_refused(Refusal::TooEarly { opens_at: at(10) });
        given::<Room>(ready())
            .when_at(at(50), issue(1, 59))
            .then_refused(Refusal::RoomClosed);
        given::<Room>(ready_and([closed().into()]))
            .when_at(at(31), issue(1, 40))
            .then_refused(Refusal::RoomClosed);
    }

    #[test]
    fn a_stranger_hears_that_there_is_no_room() {
        given::<Room>([])
            .when_at(at(20), issue(1, 25))
            .then_refused(no_room());
        given::<Room>(ready())
            .when_at(at(20), issue(3, 25))
            .then_refused(no_room());
    }
}
