//! Bringing a room into being.

use super::{
    Room,
    events::{RoomEvent, RoomMember, RoomProvisioned},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{InterviewId, RoomId},
    refusal::Refusal,
    time::Instant,
};

/// A provider made a room for a settled time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provision {
    /// Which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// For which settling of its time.
    pub revision: u32,
    /// Configured name of the provider.
    pub provider: String,
    /// The provider's name for the room.
    pub room_ref: String,
    /// First moment at which it may be entered.
    pub opens_at: Instant,
    /// When it is closed for good.
    pub closes_at: Instant,
    /// The planned interview starts.
    pub starts_at: Instant,
    /// Who may enter, and as what.
    pub members: Vec<RoomMember>,
}

/// Nothing when it is provisioned, or was and is closed.
///
/// # Errors
/// `Invalid` when it would close before it opens.
pub fn decide(room: &Room, command: &Provision) -> Decision<RoomEvent> {
    if room.inside().is_some() {
        return nothing();
    }
    if command.closes_at <= command.opens_at {
        return Err(Refusal::invalid("closesAt", "must be after the opening"));
    }
    one(RoomProvisioned {
        room: command.room,
        interview: command.interview,
        revision: command.revision,
        provider: command.provider.clone(),
        room_ref: command.room_ref.clone(),
        opens_at: command.opens_at,
        closes_at: command.closes_at,
        starts_at: command.starts_at,
        members: command.members.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        room::given::{at, closed, provision, provisioned, ready_and},
        testing::given,
    };

    #[test]
    fn a_room_is_provisioned_once() {
        given::<Room>([]).when(provision()).then_once(provisioned());
    }

    #[test]
    fn a_closed_room_is_not_provisioned_again() {
        given::<Room>(ready_and([closed().into()]))
            .when(provision())
            .then_nothing();
    }

    #[test]
    fn a_room_closes_after_it_opens() {
        let never_open = Provision {
            closes_at: at(10),
            ..provision()
        };

        given::<Room>([])
            .when(never_open)
            .then_refused(Refusal::invalid("closesAt", "must be after the opening"));
    }
}
