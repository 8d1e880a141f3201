//! The grace after the start is over: whoever was not in the room did not come.

use async_trait::async_trait;
use domain::{
    ids::{InterviewId, RoomId},
    interview::{Interview, mark_no_show, phase::Phase},
    room::Room,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// The look into the room.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MarkNoShow {
    /// Which interview.
    pub interview: InterviewId,
    /// For which settling of its time.
    pub revision: u32,
}

#[async_trait]
impl UseCase for MarkNoShow {
    const OPERATION: &'static str = "markNoShow";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        let is_expected = matches!(booking.phase, Phase::Confirmed | Phase::Open);
        if booking.revision != self.revision || !is_expected {
            return Ok(());
        }
        let room: Room = unit
            .load(RoomId::of(self.interview, self.revision).uuid())
            .await?;
        if room.inside().is_none() {
            // Without a room nobody could come, so nobody's absence says anything.
            return Ok(());
        }
        let mark = mark_no_show::MarkNoShow {
            attendance: room.attendance(unit.now()),
        };
        unit.decide::<Interview>(self.interview.uuid(), mark.into())
            .await?;
        Ok(())
    }
}
