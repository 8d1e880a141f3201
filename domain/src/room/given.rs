//! Builders for tests around rooms: open from minute 10 to minute 50, for candidate 1 and interviewer 2.

use super::{
    close::Close,
    events::{
        CloseReason, JoinTokenIssued, JoinTokenUsed, LeaveReason, LobbyEntered, LobbyLeft,
        ParticipantAdmitted, ParticipantDenied, ParticipantJoined, ParticipantLeft, RoomClosed, RoomEvent,
        RoomMember, RoomMembersChanged, RoomProvisioned, RoomRole,
    },
    join::Join,
    leave::Leave,
    provision::Provision,
    use_ticket::UseTicket,
};
use crate::{
    given::{id, utc},
    refusal::Refusal,
    time::Instant,
};

pub(super) fn at(minute: u32) -> Instant {
    utc(&format!("2026-11-02T10:{minute:02}:00Z"))
}

fn members() -> Vec<RoomMember> {
    let member = |account, role| RoomMember {
        account: id(account),
        role,
    };
    vec![member(1, RoomRole::Candidate), member(2, RoomRole::Interviewer)]
}

pub(super) fn provision() -> Provision {
    Provision {
        room: id(7),
        interview: id(8),
        revision: 1,
        provider: "builtin".to_owned(),
        room_ref: "reference".to_owned(),
        opens_at: at(10),
        closes_at: at(50),
        starts_at: at(15),
        members: members(),
    }
}

pub(super) fn provisioned() -> RoomProvisioned {
    RoomProvisioned {
        room: id(7),
        interview: id(8),
        revision: 1,
        provider: "builtin".to_owned(),
        room_ref: "reference".to_owned(),
        opens_at: at(10),
        closes_at: at(50),
        starts_at: at(15),
        members: members(),
    }
}

pub(super) fn ticket(expires_at: Instant) -> JoinTokenIssued {
    JoinTokenIssued {
        room: id(7),
        interview: id(8),
        account: id(1),
        role: RoomRole::Candidate,
        expires_at,
    }
}

pub(super) fn use_ticket(account: u128, connection: u128, minute: u32) -> UseTicket {
    UseTicket {
        account: id(account),
        connection: id(connection),
        at: at(minute),
    }
}

pub(super) fn used(account: u128, connection: u128, minute: u32) -> JoinTokenUsed {
    JoinTokenUsed {
        room: id(7),
        interview: id(8),
        account: id(account),
        role: part(account),
        connection: id(connection),
        at: at(minute),
    }
}

pub(super) fn join(account: u128, connection: u128, minute: u32) -> Join {
    Join {
        account: id(account),
        connection: id(connection),
        at: at(minute),
    }
}

fn part(account: u128) -> RoomRole {
    if account == 1 {
        RoomRole::Candidate
    } else {
        RoomRole::Interviewer
    }
}

/// A member came in: account 1 as the candidate, others as interviewers.
pub(super) fn joined(account: u128, connection: u128, minute: u32) -> ParticipantJoined {
    ParticipantJoined {
        room: id(7),
        interview: id(8),
        account: id(account),
        role: part(account),
        connection: id(connection),
        at: at(minute),
    }
}

pub(super) fn leave(connection: u128, minute: u32) -> Leave {
    Leave {
        connection: id(connection),
        at: at(minute),
        reason: LeaveReason::Left,
    }
}

pub(super) fn left(account: u128, connection: u128, minute: u32) -> ParticipantLeft {
    ParticipantLeft {
        room: id(7),
        interview: id(8),
        account: id(account),
        connection: id(connection),
        at: at(minute),
        reason: LeaveReason::Left,
    }
}

pub(super) fn close() -> Close {
    Close {
        at: at(30),
        reason: CloseReason::Ended,
    }
}

pub(super) fn closed() -> RoomClosed {
    RoomClosed {
        room: id(7),
        interview: id(8),
        at: at(30),
        reason: CloseReason::Ended,
    }
}

/// A room that nobody entered, and then this.
pub(super) fn ready_and(events: impl IntoIterator<Item = RoomEvent>) -> Vec<RoomEvent> {
    let mut history = vec![provisioned().into()];
    history.extend(events);
    history
}

/// A room that nobody entered.
pub(super) fn ready() -> Vec<RoomEvent> {
    ready_and([])
}

/// What strangers hear of every room, and everybody of an absent one.
pub(super) fn no_room() -> Refusal {
    Refusal::NotFound { what: "room" }
}

fn host() -> RoomMember {
    RoomMember {
        account: id(2),
        role: RoomRole::Interviewer,
    }
}

/// The room of a session of host 2 that nobody has joined, and then this.
pub(super) fn session_and(events: impl IntoIterator<Item = RoomEvent>) -> Vec<RoomEvent> {
    let provisioned = RoomProvisioned {
        members: vec![host()],
        ..provisioned()
    };
    let mut history = vec![provisioned.into()];
    history.extend(events);
    history
}

/// The room of a session of host 2 that nobody has joined.
pub(super) fn session() -> Vec<RoomEvent> {
    session_and([])
}

pub(super) fn entered(account: u128, minute: u32) -> LobbyEntered {
    LobbyEntered {
        room: id(7),
        interview: id(8),
        account: id(account),
        at: at(minute),
    }
}

pub(super) fn lobby_left(account: u128, minute: u32) -> LobbyLeft {
    LobbyLeft {
        room: id(7),
        interview: id(8),
        account: id(account),
        at: at(minute),
    }
}

/// Host 2 admits somebody who waits.
pub(super) fn admitted(account: u128) -> impl Iterator<Item = RoomEvent> {
    let admitted = ParticipantAdmitted {
        room: id(7),
        interview: id(8),
        account: id(account),
        by: id(2),
    };
    let candidate = RoomMember {
        account: id(account),
        role: RoomRole::Candidate,
    };
    let changed = RoomMembersChanged {
        room: id(7),
        interview: id(8),
        members: vec![candidate, host()],
    };
    [admitted.into(), changed.into()].into_iter()
}

pub(super) fn denied(account: u128) -> ParticipantDenied {
    ParticipantDenied {
        room: id(7),
        interview: id(8),
        account: id(account),
        by: id(2),
        reason: None,
    }
}
