//! Changing who may enter a room.

use super::{
    NO_ROOM, Room,
    events::{RoomEvent, RoomMember, RoomMembersChanged},
};
use crate::aggregate::{Decision, nothing, one};

/// Who may enter from now on. Tickets of others open the door no more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeMembers {
    /// Everybody, and as what.
    pub members: Vec<RoomMember>,
}

/// Nothing when it is closed, or the same people may enter already.
///
/// # Errors
/// `NotFound` when there is no such room.
pub fn decide(room: &Room, command: &ChangeMembers) -> Decision<RoomEvent> {
    let inside = room.inside().ok_or(NO_ROOM)?;
    if room.is_closed() || inside.members == command.members {
        return nothing();
    }
    one(RoomMembersChanged {
        room: inside.room,
        interview: inside.interview,
        members: command.members.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{fold, id},
        room::{
            events::RoomRole,
            given::{at, closed, no_room, ready, ready_and},
            issue_ticket::IssueTicket,
        },
        testing::given,
    };

    fn others() -> Vec<RoomMember> {
        let member = |account, role| RoomMember {
            account: id(account),
            role,
        };
        vec![member(1, RoomRole::Candidate), member(3, RoomRole::Interviewer)]
    }

    fn changed() -> RoomMembersChanged {
        RoomMembersChanged {
            room: id(7),
            interview: id(8),
            members: others(),
        }
    }

    #[test]
    fn whoever_left_the_panel_enters_no_more_and_whoever_joined_does() {
        let history = ready_and([changed().into()]);
        let enter = |account| IssueTicket {
            account: id(account),
            expires_at: at(50),
        };

        given::<Room>(history.clone())
            .when_at(at(20), enter(2))
            .then_refused(no_room());
        let room: Room = fold(&history);
        assert_eq!(room.inside().unwrap().role(id(3)), Some(RoomRole::Interviewer));
    }

    #[test]
    fn the_same_people_again_and_a_closed_room_are_nothing() {
        let members = || ChangeMembers { members: others() };

        given::<Room>(ready()).when(members()).then_once(changed());
        given::<Room>(ready_and([closed().into()]))
            .when(members())
            .then_nothing();
    }

    #[test]
    fn nobody_enters_an_absent_room() {
        let members = ChangeMembers { members: others() };
        given::<Room>([]).when(members).then_refused(no_room());
    }
}
