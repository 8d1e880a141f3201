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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::fold,
        room::given::{at, closed, joined, leave, left, no_room, ready, ready_and},
        testing::given,
    };

    #[test]
    fn a_connection_goes_once() {
        given::<Room>(ready_and([joined(1, 9, 20).into()]))
            .when(leave(9, 25))
            .then_once(left(1, 9, 25));
    }

    #[test]
    fn a_connection_that_never_came_does_not_go() {
        given::<Room>(ready()).when(leave(9, 25)).then_nothing();
    }

    #[test]
    fn nobody_leaves_an_absent_room() {
        given::<Room>([]).when(leave(9, 25)).then_refused(no_room());
    }

    #[test]
    fn a_leave_after_the_closing_is_kept_and_counts_until_the_closing() {
        let history = ready_and([joined(1, 9, 20).into(), closed().into()]);
        let late = [history.clone(), vec![left(1, 9, 40).into()]].concat();

        given::<Room>(history)
            .when(leave(9, 40))
            .then_once(left(1, 9, 40));
        assert_eq!(fold::<Room>(&late).attendance(at(45)).candidate_seconds, 600);
    }

    #[test]
    fn the_parties_are_together_while_each_has_a_connection_inside() {
        let candidate = joined(1, 9, 20);
        let interviewer = joined(2, 10, 21);
        let together = ready_and([candidate.clone().into(), interviewer.into()]);
        let gone = [together.clone(), vec![left(2, 10, 25).into()]].concat();
        let closed = [together.clone(), vec![closed().into()]].concat();

        assert!(fold::<Room>(&together).parties_are_together());
        assert!(!Room::Absent.parties_are_together());
        assert!(!fold::<Room>(&ready_and([candidate.into()])).parties_are_together());
        assert!(!fold::<Room>(&gone).parties_are_together());
        assert!(!fold::<Room>(&closed).parties_are_together());
    }

    #[test]
    fn a_second_connection_keeps_the_parties_together_when_the_first_drops() {
        let history = ready_and([
            joined(1, 9, 20).into(),
            joined(2, 10, 21).into(),
            joined(2, 11, 22).into(),
            left(2, 10, 23).into(),
        ]);

        assert!(fold::<Room>(&history).parties_are_together());
    }
}
