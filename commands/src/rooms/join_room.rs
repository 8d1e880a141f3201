//! A member of a room comes in: gets a ticket and is present from now on. The first to come opens the interview, and
//! the first moment that candidate and interviewer share starts it.

use async_trait::async_trait;
use chrono::Duration;
use domain::{
    ids::{AccountId, ConnectionId, InterviewId, RoomId},
    interview::Interview,
    refusal::Refusal,
    room::{Room, RoomCommand, events::RoomRole, issue_ticket::IssueTicket, join::Join},
    time::Instant,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::{conduct::tell_interview, group};

/// How long a ticket opens the door.
const TICKET_MINUTES: i64 = 10;

/// Somebody wants to come in.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct JoinRoom {
    /// Who.
    pub account: AccountId,
    /// To which interview.
    pub interview: InterviewId,
}

/// Somebody is in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Joined {
    /// The room.
    pub room: RoomId,
    /// The provider's name for it.
    pub room_ref: String,
    /// The connection, to be named when leaving.
    pub connection: ConnectionId,
    /// As what.
    pub role: RoomRole,
    /// First moment at which the ticket is good.
    pub not_before: Instant,
    /// Until when the ticket is good.
    pub expires_at: Instant,
}

#[async_trait]
impl UseCase for JoinRoom {
    const OPERATION: &'static str = "joinRoom";
    type Output = Joined;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Joined, CommandError> {
        let now = unit.now();
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        if !booking.is_candidate(self.account) && !booking.is_panel_member(self.account) {
            return Err(NO_INTERVIEW.into());
        }
        let room = RoomId::of(self.interview, booking.revision);
        let connection: ConnectionId = unit.mint();
        let ticket_expires = now + Duration::minutes(TICKET_MINUTES);
        let issue = IssueTicket {
            account: self.account,
            expires_at: ticket_expires,
        };
        unit.decide::<Room>(room.uuid(), RoomCommand::IssueTicket(issue))
            .await?;
        let join = Join {
            account: self.account,
            connection,
            at: now,
        };
        let state = unit.decide::<Room>(room.uuid(), RoomCommand::Join(join)).await?;
        let inside = state.inside().ok_or(NO_INTERVIEW)?;
        let role = inside.role(self.account).ok_or(NO_INTERVIEW)?;
        tell_interview(unit, self.interview, &state, room, role).await?;
        group::join(unit, booking, self.account, connection).await?;
        Ok(Joined {
            room,
            room_ref: inside.room_ref.clone(),
            connection,
            role,
            not_before: inside.window.start,
            expires_at: ticket_expires.min(inside.window.end),
        })
    }
}

const NO_INTERVIEW: Refusal = Refusal::NotFound { what: "interview" };
