//! A member of a room goes, on one connection.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, ConnectionId, InterviewId, RoomId},
    interview::Interview,
    refusal::Refusal,
    room::{Room, RoomCommand, events::LeaveReason, leave::Leave},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::group;

/// Somebody goes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LeaveRoom {
    /// Who.
    pub account: AccountId,
    /// From which interview.
    pub interview: InterviewId,
    /// On which connection.
    pub connection: ConnectionId,
}

#[async_trait]
impl UseCase for LeaveRoom {
    const OPERATION: &'static str = "leaveRoom";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        let room = RoomId::of(self.interview, booking.revision);
        let state: Room = unit.load(room.uuid()).await?;
        let owner = state
            .inside()
            .and_then(|inside| inside.account_on(self.connection));
        if owner != Some(self.account) {
            return Err(Refusal::NotFound { what: "connection" }.into());
        }
        let leave = Leave {
            connection: self.connection,
            at: unit.now(),
            reason: LeaveReason::Left,
        };
        unit.decide::<Room>(room.uuid(), RoomCommand::Leave(leave))
            .await?;
        group::leave(unit, booking, self.account, self.connection, LeaveReason::Left).await
    }
}
