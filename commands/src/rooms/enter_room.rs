//! Somebody opens the door of one of our own rooms with a ticket: the ticket is used up, they are present on its
//! connection from now on, and they may come back once on another one if this one breaks.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, ConnectionId, InterviewId, RoomId},
    interview::Interview,
    refusal::Refusal,
    room::{Room, RoomCommand, issue_ticket::IssueTicket, join::Join, use_ticket::UseTicket},
    time::Instant,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::{conduct::tell_interview, group};

/// Somebody at the door, with a ticket that was read and found good.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EnterRoom {
    /// Who.
    pub account: AccountId,
    /// Which interview.
    pub interview: InterviewId,
    /// Which room.
    pub room: RoomId,
    /// The connection that the ticket is for.
    pub connection: ConnectionId,
}

/// Somebody is in.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Entered {
    /// The connection on which they may come back, with a ticket of its own.
    pub again: ConnectionId,
    /// First moment at which the room may be entered.
    pub opens_at: Instant,
    /// When the room closes for good, and with it the way back.
    pub closes_at: Instant,
}

#[async_trait]
impl UseCase for EnterRoom {
    const OPERATION: &'static str = "enterRoom";
    type Output = Entered;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Entered, CommandError> {
        let now = unit.now();
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        if booking.phase.is_over() || RoomId::of(self.interview, booking.revision) != self.room {
            return Err(Refusal::RoomClosed.into());
        }
        let room = self.room.uuid();
        let door = UseTicket {
            account: self.account,
            connection: self.connection,
            at: now,
        };
        unit.decide::<Room>(room, RoomCommand::UseTicket(door)).await?;
        let join = Join {
            account: self.account,
            connection: self.connection,
            at: now,
        };
        let state = unit.decide::<Room>(room, RoomCommand::Join(join)).await?;
        let window = state.inside().ok_or(NO_ROOM)?.window;
        let back = IssueTicket {
            account: self.account,
            expires_at: window.end,
        };
        unit.decide::<Room>(room, RoomCommand::IssueTicket(back)).await?;
        let role = state.inside().and_then(|inside| inside.role(self.account));
        let role = role.ok_or(NO_ROOM)?;
        tell_interview(unit, self.interview, &state, self.room, role).await?;
        group::join(unit, booking, self.account, self.connection).await?;
        Ok(Entered {
            again: unit.mint(),
            opens_at: window.start,
            closes_at: window.end,
        })
    }
}

const NO_ROOM: Refusal = Refusal::NotFound { what: "room" };
