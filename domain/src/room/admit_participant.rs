//! Letting somebody in who waits.

use super::{
    Room,
    events::{ParticipantAdmitted, RoomEvent, RoomMember, RoomMembersChanged, RoomRole},
};
use crate::{
    aggregate::{Context, Decision, nothing},
    ids::AccountId,
    refusal::Refusal,
};

/// Whom a host lets in. The interview hears of its candidate in the same append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AdmitParticipant {
    /// Whom.
    pub account: AccountId,
    /// Which host.
    pub by: AccountId,
}

/// Whoever is admitted may enter from now on, as the candidate. Nothing, when that one was admitted before.
///
/// # Errors
/// `NotFound`, when there is no such room, the one who admits is no host of it, or the other does not wait;
/// `SessionFull`, when another was admitted; `TooEarly`, `RoomClosed`.
pub fn decide(room: &Room, command: &AdmitParticipant, context: &Context) -> Decision<RoomEvent> {
    let inside = room.lobby(context.now)?;
    if inside.role(command.by) != Some(RoomRole::Interviewer) {
        return Err(super::NO_ROOM);
    }
    if inside.candidate() == Some(command.account) {
        return nothing();
    }
    if inside.candidate().is_some() {
        return Err(Refusal::SessionFull);
    }
    if !inside.waits(command.account) {
        return Err(NOT_WAITING);
    }
    let (room, interview) = (inside.room, inside.interview);
    let admitted = ParticipantAdmitted {
        room,
        interview,
        account: command.account,
        by: command.by,
    };
    let candidate = RoomMember {
        account: command.account,
        role: RoomRole::Candidate,
    };
    let members = std::iter::once(candidate).chain(inside.members.iter().copied());
    let changed = RoomMembersChanged {
        room,
        interview,
        members: members.collect(),
    };
    Ok(vec![admitted.into(), changed.into()])
}

/// What is said of somebody who does not wait, whether or not there is such a person.
pub(super) const NOT_WAITING: Refusal = Refusal::NotFound { what: "participant" };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id},
        room::{
            given::{admitted, at, closed, denied, entered, no_room, ready, session, session_and},
            issue_ticket::IssueTicket,
        },
        testing::given,
    };

    fn admit(account: u128) -> AdmitParticipant {
        AdmitParticipant {
            account: id(account),
            by: id(2),
        }
    }

    fn waiting() -> Vec<RoomEvent> {
        session_and([entered(4, 11).into(), entered(5, 12).into()])
    }

    #[test]
    fn whoever_is_admitted_may_enter_as_the_candidate_and_waits_no_more() {
        let events = decide::<Room>(&waiting(), admit(4), at(20)).unwrap();
        let history = [waiting(), events.clone()].concat();
        let room: Room = fold(&history);
        let ticket = IssueTicket {
            account: id(4),
            expires_at: at(30),
        };

        assert_eq!(events, admitted(4).collect::<Vec<_>>());
        let inside = room.inside().unwrap();
        assert_eq!(inside.role(id(4)), Some(RoomRole::Candidate));
        assert_eq!(inside.role(id(2)), Some(RoomRole::Interviewer));
        assert_eq!(inside.lobby, [id(5)]);
        assert!(decide::<Room>(&history, ticket, at(20)).is_ok());
        assert_eq!(decide::<Room>(&history, admit(4), at(20)), nothing());
    }

    #[test]
    fn a_second_candidate_is_refused() {
        let history = [waiting(), admitted(4).collect()].concat();

        given::<Room>(history)
            .when(admit(5))
            .then_refused(Refusal::SessionFull);
        given::<Room>(ready())
            .when(admit(5))
            .then_refused(Refusal::SessionFull);
    }

    #[test]
    fn who_does_not_wait_or_was_denied_is_not_admitted() {
        let denied = session_and([entered(4, 11).into(), denied(4).into()]);

        for history in [session(), denied] {
            given::<Room>(history).when(admit(4)).then_refused(NOT_WAITING);
        }
    }

    #[test]
    fn only_a_host_admits_and_only_to_an_open_room() {
        let guest = AdmitParticipant {
            by: id(5),
            ..admit(4)
        };

        given::<Room>(waiting()).when(guest).then_refused(no_room());
        given::<Room>([]).when(admit(4)).then_refused(no_room());
        given::<Room>(waiting())
            .when_at(at(50), admit(4))
            .then_refused(Refusal::RoomClosed);
        given::<Room>([waiting(), vec![closed().into()]].concat())
            .when(admit(4))
            .then_refused(Refusal::RoomClosed);
    }
}
