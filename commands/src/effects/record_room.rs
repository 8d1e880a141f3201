//! A provider made a room for a settled time. Rooms of former times are closed in the same append.

use async_trait::async_trait;
use chrono::Duration;
use domain::{
    ids::{InterviewId, RoomId},
    interview::{Booking, Interview},
    room::{
        Room, RoomCommand,
        close::Close,
        events::{CloseReason, RoomMember, RoomRole},
        provision::Provision,
    },
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

/// The room.
#[derive(Clone, Debug, Serialize)]
pub struct RecordRoom {
    /// For which interview.
    pub interview: InterviewId,
    /// For which settling of its time.
    pub revision: u32,
    /// Configured name of the provider.
    pub provider: String,
    /// The provider's name for the room.
    pub room_ref: String,
}

/// Whether the room is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provisioned {
    /// It can be entered in its window.
    Ready,
    /// The time it was for is no longer the interview's.
    Superseded,
}

#[async_trait]
impl UseCase for RecordRoom {
    const OPERATION: &'static str = "recordRoom";
    type Output = Provisioned;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Provisioned, CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        if !wants_room(booking, self.revision) {
            return Ok(Provisioned::Superseded);
        }
        for former in 1..self.revision {
            close_former(unit, RoomId::of(self.interview, former)).await?;
        }
        let room = RoomId::of(self.interview, self.revision);
        unit.decide::<Room>(room.uuid(), RoomCommand::Provision(self.provision(room, booking)))
            .await?;
        Ok(Provisioned::Ready)
    }
}

/// True while the interview is confirmed for this settling of its time and not over.
pub fn wants_room(booking: &Booking, revision: u32) -> bool {
    booking.revision == revision && booking.phase.was_confirmed() && !booking.phase.is_over()
}

/// The window in which the room of a booking may be entered: opening and closing.
pub fn window(booking: &Booking) -> (domain::time::Instant, domain::time::Instant) {
    let before = Duration::minutes(i64::from(booking.terms.join_window.opens_before_minutes));
    (booking.slot.span.start - before, booking.room_closes_at())
}

/// Who may enter the room of a booking, and as what.
pub(crate) fn members(booking: &Booking) -> Vec<RoomMember> {
    let candidate = booking.candidate.map(|account| RoomMember {
        account,
        role: RoomRole::Candidate,
    });
    let panel = booking.panel.iter().map(|member| RoomMember {
        account: member.account,
        role: RoomRole::Interviewer,
    });
    candidate.into_iter().chain(panel).collect()
}

async fn close_former(unit: &mut Unit<'_>, room: RoomId) -> Result<(), CommandError> {
    let former: Room = unit.load(room.uuid()).await?;
    if former.inside().is_none() || former.is_closed() {
        return Ok(());
    }
    let close = Close {
        at: unit.now(),
        reason: CloseReason::Superseded,
    };
    unit.decide::<Room>(room.uuid(), RoomCommand::Close(close))
        .await?;
    Ok(())
}

impl RecordRoom {
    fn provision(&self, room: RoomId, booking: &Booking) -> Provision {
        let (opens_at, closes_at) = window(booking);
        Provision {
            room,
            interview: self.interview,
            revision: self.revision,
            provider: self.provider.clone(),
            room_ref: self.room_ref.clone(),
            opens_at,
            closes_at,
            starts_at: booking.slot.span.start,
            members: members(booking),
        }
    }
}
