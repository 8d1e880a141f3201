//! What can happen to a room: one stream for each settled time of an interview.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AccountId, ConnectionId, InterviewId, RoomId},
    sealed::Sealed,
    time::Instant,
};

/// The part somebody has in a room.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoomRole {
    /// The person who is interviewed.
    Candidate,
    /// A member of the panel; may end the interview.
    Interviewer,
}

/// The room exists and can be entered in its window.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RoomProvisioned {
    /// Which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// For which settling of its time.
    pub revision: u32,
    /// Configured name of the provider.
    pub provider: String,
    /// The provider's name for the room: 128 random bits or more.
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

/// Somebody who may enter a room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RoomMember {
    /// Who.
    pub account: AccountId,
    /// As what.
    pub role: RoomRole,
}

/// Others than before may enter the room: the panel changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RoomMembersChanged {
    /// Which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// Who may enter from now on, and as what.
    pub members: Vec<RoomMember>,
}

/// Somebody who knows the session's code waits to be admitted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LobbyEntered {
    /// To which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// Who.
    pub account: AccountId,
    /// Since when.
    pub at: Instant,
}

/// Somebody who waited went; they may come again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LobbyLeft {
    /// To which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// Who.
    pub account: AccountId,
    /// When.
    pub at: Instant,
}

/// A host admitted somebody who waited; who may enter from now on is said in the same append.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ParticipantAdmitted {
    /// To which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// Whom.
    pub account: AccountId,
    /// Which host.
    pub by: AccountId,
}

/// A host denied somebody who waited; they may not come again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ParticipantDenied {
    /// To which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// Whom.
    pub account: AccountId,
    /// Which host.
    pub by: AccountId,
    /// Why, in the host's words.
    pub reason: Option<Sealed<String>>,
}

/// Somebody got a ticket, bound to account, room and part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct JoinTokenIssued {
    /// Which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// To whom.
    pub account: AccountId,
    /// As what.
    pub role: RoomRole,
    /// Until when it opens the door.
    pub expires_at: Instant,
}

/// A ticket opened the door of one of our own rooms. It opens no door again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct JoinTokenUsed {
    /// Which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// Whose ticket.
    pub account: AccountId,
    /// As what.
    pub role: RoomRole,
    /// The connection that the ticket was for.
    pub connection: ConnectionId,
    /// When.
    pub at: Instant,
}

/// Somebody came in, on one connection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ParticipantJoined {
    /// Which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// Who.
    pub account: AccountId,
    /// As what.
    pub role: RoomRole,
    /// On which connection.
    pub connection: ConnectionId,
    /// When.
    pub at: Instant,
}

/// Why somebody is no longer there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// They left.
    Left,
    /// The connection broke.
    Dropped,
}

/// Somebody went, on one connection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ParticipantLeft {
    /// Which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// Who.
    pub account: AccountId,
    /// On which connection.
    pub connection: ConnectionId,
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: LeaveReason,
}

/// Why a room was closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The interview was ended for everyone.
    Ended,
    /// Its time was over.
    Expired,
    /// The interview moved to another time, with a room of its own.
    Superseded,
    /// The interview was called off.
    Cancelled,
}

/// The room is closed; whoever was still inside left at that moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RoomClosed {
    /// Which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: CloseReason,
}

events! {
    /// What can happen to a room.
    pub enum RoomEvent in Category::Room {
        RoomProvisioned = "room.provisioned" v 1 links(interview),
        RoomMembersChanged = "room.members_changed" v 1 links(interview),
        JoinTokenIssued = "room.join_token_issued" v 1 links(interview, account),
        JoinTokenUsed = "room.join_token_used" v 1 links(interview, account),
        ParticipantJoined = "room.participant_joined" v 1 links(interview, account),
        ParticipantLeft = "room.participant_left" v 1 links(interview, account),
        RoomClosed = "room.closed" v 2 links(interview),
        LobbyEntered = "room.lobby_entered" v 1 links(interview, account),
        LobbyLeft = "room.lobby_left" v 1 links(interview, account),
        ParticipantAdmitted = "room.participant_admitted" v 1 links(interview, account, by),
        ParticipantDenied = "room.participant_denied" v 1 links(interview, account, by),
    }
}
