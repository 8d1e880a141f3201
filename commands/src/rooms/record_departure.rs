//! Somebody is no longer in a room, as whoever holds the connection noticed: our own relay, or a provider.

use async_trait::async_trait;
use domain::{
    ids::{ConnectionId, RoomId},
    interview::Interview,
    room::{Room, RoomCommand, events::LeaveReason, leave::Leave},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::group;

/// A connection that is no more.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RecordDeparture {
    /// In which room.
    pub room: RoomId,
    /// Which connection.
    pub connection: ConnectionId,
    /// Why.
    pub reason: LeaveReason,
}

#[async_trait]
impl UseCase for RecordDeparture {
    const OPERATION: &'static str = "recordDeparture";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let state: Room = unit.load(self.room.uuid()).await?;
        // Whoever was inside when the room was closed left at that moment.
        if state.is_closed() {
            return Ok(());
        }
        let leave = Leave {
            connection: self.connection,
            at: unit.now(),
            reason: self.reason,
        };
        unit.decide::<Room>(self.room.uuid(), RoomCommand::Leave(leave))
            .await?;
        let inside = state.inside();
        let Some((inside, account)) =
            inside.and_then(|inside| Some((inside, inside.account_on(self.connection)?)))
        else {
            return Ok(());
        };
        let interview: Interview = unit.load(inside.interview.uuid()).await?;
        group::leave(unit, interview.booked()?, account, self.connection, self.reason).await
    }
}
