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
    use uuid::Uuid;

    use super::*;
    use crate::{
        actor::Actor,
        aggregate::{Aggregate, Context},
        ids::{Id, Kind},
        room::{
            RoomCommand,
            close::Close,
            events::{CloseReason, LeaveReason, RoomMember, RoomRole},
            issue_ticket::IssueTicket,
            leave::Leave,
            provision::Provision,
        },
    };

    fn id<K: Kind>(number: u128) -> Id<K> {
        Id::new(Uuid::from_u128(number))
    }

    fn at(minute: u32) -> Instant {
        format!("2026-11-02T10:{minute:02}:00Z").parse().unwrap()
    }

    fn decided(room: &Room, command: &RoomCommand, now: Instant) -> Decision<RoomEvent> {
        let actor = Actor::account(id(1));
        room.decide(command, &Context { now, actor })
    }

    fn then(room: Room, command: &RoomCommand) -> Room {
        let events = decided(&room, command, at(20)).unwrap();
        events.iter().fold(room, Aggregate::evolve)
    }

    /// Open from minute 10 to minute 50, for account 1 as the candidate.
    fn ready() -> Room {
        let provision = Provision {
            room: id(7),
            interview: id(8),
            revision: 1,
            provider: "builtin".to_owned(),
            room_ref: "reference".to_owned(),
            opens_at: at(10),
            closes_at: at(50),
            starts_at: at(15),
            members: vec![RoomMember {
                account: id(1),
                role: RoomRole::Candidate,
            }],
        };
        then(Room::Absent, &RoomCommand::Provision(provision))
    }

    fn join(account: u128, minute: u32) -> Join {
        Join {
            account: id(account),
            connection: id(9),
            at: at(minute),
        }
    }

    fn leave(minute: u32) -> RoomCommand {
        RoomCommand::Leave(Leave {
            connection: id(9),
            at: at(minute),
            reason: LeaveReason::Left,
        })
    }

    fn close() -> RoomCommand {
        RoomCommand::Close(Close {
            at: at(30),
            reason: CloseReason::Ended,
        })
    }

    fn refused(room: &Room, command: &Join) -> &'static str {
        decide(room, command).unwrap_err().code()
    }

    #[test]
    fn a_room_is_entered_by_its_members_in_its_window_only() {
        assert_eq!(refused(&ready(), &join(1, 9)), "TOO_EARLY");
        assert_eq!(refused(&ready(), &join(1, 50)), "ROOM_CLOSED");
        assert_eq!(refused(&then(ready(), &close()), &join(1, 20)), "ROOM_CLOSED");
    }

    #[test]
    fn a_stranger_hears_the_same_of_every_room() {
        let absent = decide(&Room::Absent, &join(2, 20));
        assert_eq!(decide(&ready(), &join(2, 20)), absent);
        assert_eq!(decide(&ready(), &join(2, 9)), absent);
        assert_eq!(decide(&then(ready(), &close()), &join(2, 20)), absent);
    }

    #[test]
    fn a_connection_comes_once_and_goes_once() {
        let inside = then(ready(), &RoomCommand::Join(join(1, 20)));
        assert_eq!(decide(&inside, &join(1, 21)), nothing());
        assert_eq!(decided(&then(inside, &leave(25)), &leave(26), at(26)), nothing());
        assert_eq!(decided(&ready(), &leave(26), at(26)), nothing());
    }

    #[test]
    fn a_leave_after_the_closing_is_kept_and_counts_until_the_closing() {
        let closed = then(then(ready(), &RoomCommand::Join(join(1, 20))), &close());
        let late = then(closed.clone(), &leave(40));

        assert_ne!(late, closed);
        assert_eq!(late.attendance(at(45)).candidate_seconds, 600);
        assert_eq!(decided(&late, &close(), at(45)), nothing());
    }

    #[test]
    fn a_ticket_is_good_no_longer_than_the_room() {
        let ticket = RoomCommand::IssueTicket(IssueTicket {
            account: id(1),
            expires_at: at(59),
        });
        let events = decided(&ready(), &ticket, at(20)).unwrap();
        assert!(matches!(&events[..], [RoomEvent::JoinTokenIssued(issued)] if issued.expires_at == at(50)));
        assert_eq!(decided(&then(ready(), &ticket), &ticket, at(20)), nothing());
    }
}
