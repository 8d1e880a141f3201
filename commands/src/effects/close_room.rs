//! A room's time is over: it is closed for good, and the interview ends with it if nobody has ended it. Whoever met is asked for
//! scorecards, as when somebody ends it.

use async_trait::async_trait;
use domain::{
    ids::{InterviewId, RoomId},
    interview::{Interview, end::End, events::EndReason, phase::Phase},
    room::{Room, RoomCommand, close::Close, events::CloseReason},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::record_room::window;
use crate::rooms::conduct;

/// The end of a room's window.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CloseRoom {
    /// Which interview.
    pub interview: InterviewId,
    /// For which settling of its time.
    pub revision: u32,
}

#[async_trait]
impl UseCase for CloseRoom {
    const OPERATION: &'static str = "closeRoom";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        let id = RoomId::of(self.interview, self.revision).uuid();
        let room: Room = unit.load(id).await?;
        // Closed when its window ended, however late the timer is.
        let closes_at = room
            .inside()
            .map_or(window(booking).1, |inside| inside.window.end);
        let at = closes_at.min(unit.now());
        if room.inside().is_some() {
            let close = Close {
                at,
                reason: CloseReason::Expired,
            };
            unit.decide::<Room>(id, RoomCommand::Close(close)).await?;
        }
        let is_running = matches!(booking.phase, Phase::Confirmed | Phase::Open | Phase::Live);
        if booking.revision == self.revision && is_running {
            let end = End {
                at,
                reason: EndReason::TimeOver,
                attendance: room.attendance(at),
            };
            let ended = unit
                .decide::<Interview>(self.interview.uuid(), end.into())
                .await?;
            let booking = ended.booked()?;
            if booking.phase == Phase::Completed {
                conduct::assign_scorecards(unit, self.interview, booking).await?;
            }
        }
        Ok(())
    }
}
