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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::fold,
        room::given::{at, close, closed, joined, left, no_room, ready, ready_and},
        testing::given,
    };

    #[test]
    fn a_room_is_closed_once() {
        given::<Room>(ready()).when(close()).then_once(closed());
    }

    #[test]
    fn a_late_report_does_not_open_a_closed_room() {
        let history = ready_and([joined(1, 9, 20).into(), closed().into(), left(1, 9, 40).into()]);

        given::<Room>(history.clone()).when(close()).then_nothing();
        assert!(fold::<Room>(&history).is_closed());
    }

    #[test]
    fn a_room_counts_from_its_first_to_its_last_moment_only() {
        let room = fold::<Room>(&ready_and([joined(1, 9, 20).into()]));

        assert_eq!(room.attendance(at(25)).candidate_seconds, 300);
        assert_eq!(room.attendance(at(59)).candidate_seconds, 1_800);
        assert_eq!(
            Room::Absent.attendance(at(25)),
            crate::interview::events::Attendance::default()
        );
    }

    #[test]
    fn nobody_closes_an_absent_room() {
        given::<Room>([]).when(close()).then_refused(no_room());
    }
}
