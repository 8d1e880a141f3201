//! Rooms to meet in, and tickets that let people in.

use std::fmt;

use async_trait::async_trait;

use crate::{
    ids::{AccountId, ConnectionId, EffectId, InterviewId, OrganisationId, RoomId},
    ports::error::ProviderError,
    room::events::RoomRole,
    time::Instant,
};

/// Somebody who gives us rooms.
#[async_trait]
pub trait VideoProvider: Send + Sync {
    /// Configured name, as it stands in events.
    fn name(&self) -> &str;

    /// Makes a room ready. A repeated call may give another reference; the first one that was recorded counts, and
    /// one that nobody recorded lets nobody in, because no ticket names it.
    ///
    /// # Errors
    /// [`ProviderError`].
    async fn provision(&self, request: &RoomRequest) -> Result<ProvisionedRoom, ProviderError>;

    /// Writes a ticket bound to one account, one room, one part and one span of time.
    ///
    /// # Errors
    /// [`ProviderError`].
    async fn ticket(&self, request: &TicketRequest) -> Result<Ticket, ProviderError>;
}

/// What a room needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRequest {
    /// The effect that asks.
    pub key: EffectId,
    /// Which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// An unguessable name that it shares with the rooms of others; the provider makes one where there is none.
    pub shared: Option<String>,
    /// First moment at which it may be entered.
    pub opens_at: Instant,
    /// When it is closed for good.
    pub closes_at: Instant,
}

/// A room that can be entered in its window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionedRoom {
    /// The provider's name for the room: at least 128 random bits, so that it cannot be guessed.
    pub room_ref: String,
}

/// What a ticket needs.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketRequest {
    /// The provider's name for the room.
    pub room_ref: String,
    /// Whose interview.
    pub tenant: OrganisationId,
    /// For which interview.
    pub interview: InterviewId,
    /// Which room.
    pub room: RoomId,
    /// Who enters.
    pub account: AccountId,
    /// On which connection; where tickets open the door once, once for each connection.
    pub connection: ConnectionId,
    /// As what.
    pub role: RoomRole,
    /// What the others see.
    pub display_name: String,
    /// From when it opens the door.
    pub not_before: Instant,
    /// Until when it opens the door.
    pub expires_at: Instant,
}

/// Leaves the name out: it is personal data.
impl fmt::Debug for TicketRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketRequest")
            .field("room", &self.room)
            .field("account", &self.account)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// What opens the door. Whoever has it gets in, so it never appears in logs or errors.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Where to go, with the token in it. Relative to the server's own address when the room is our own.
    pub url: String,
    /// The token alone.
    pub token: String,
}

/// Shows nothing of the token.
impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket([redacted])")
    }
}

/// A server that helps browsers to find a way to each other, as browsers want it told.
#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` addresses of the one server.
    pub urls: Vec<String>,
    /// User of a relaying server.
    pub username: Option<String>,
    /// Its password.
    pub credential: Option<String>,
}

/// Leaves user and password out.
impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

/// Reads tickets again, where we are the doorkeeper ourselves. It knows tickets, not rooms: whether the room is closed,
/// or the ticket was used, the log tells.
pub trait Doorkeeper: Send + Sync {
    /// Whom the ticket lets into this room now. `now` is business time.
    ///
    /// # Errors
    /// [`TicketError`].
    fn admit(&self, token: &str, room_ref: &str, now: Instant) -> Result<Admission, TicketError>;
}

/// Somebody with a good ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// Whose interview.
    pub tenant: OrganisationId,
    /// Which interview.
    pub interview: InterviewId,
    /// Which room.
    pub room: RoomId,
    /// Who.
    pub account: AccountId,
    /// On which connection.
    pub connection: ConnectionId,
    /// As what.
    pub role: RoomRole,
    /// Until when the ticket opens the door; whoever is inside may stay.
    pub expires_at: Instant,
}

/// Why a ticket lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// We did not write it, or somebody changed it.
    #[error("the ticket is not one of ours")]
    Forged,
    /// It is for another room.
    #[error("the ticket is for another room")]
    OtherRoom,
    /// Its time has not come.
    #[error("the ticket is not valid yet")]
    TooEarly,
    /// Its time is over.
    #[error("the ticket is no longer valid")]
    Expired,
}
