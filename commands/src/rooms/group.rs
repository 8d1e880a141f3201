//! Whoever meets a group is in the rooms of all its seats at once: each seat is an interview of its own, with a room of its own in
//! the log, and all of them are one room of the provider.

use domain::{
    ids::{AccountId, ConnectionId, InterviewId, RoomId},
    interview::{Booking, Interview, events::EndReason, phase::Phase},
    room::{
        Room, RoomCommand,
        events::{LeaveReason, RoomRole},
        join::Join,
        leave::Leave,
    },
};
use store::executor::{CommandError, Unit};

use super::conduct::{end, tell_interview};
use crate::booking::seats;

/// A room of another seat of the group, while it can be entered.
struct Beside {
    interview: InterviewId,
    phase: Phase,
    id: RoomId,
    room: Room,
}

/// The rooms in which a member of the panel is together with that of an interview; none for anybody else.
async fn beside(
    unit: &mut Unit<'_>,
    booking: &Booking,
    account: AccountId,
) -> Result<Vec<Beside>, CommandError> {
    if !booking.is_panel_member(account) {
        return Ok(Vec::new());
    }
    let mut rooms = Vec::new();
    for interview in seats::others(unit, booking, account).await? {
        let state: Interview = unit.load(interview.uuid()).await?;
        let Interview::Booked(other) = &state else {
            // Held for somebody who waits and was offered it.
            continue;
        };
        let id = RoomId::of(interview, other.revision);
        let room: Room = unit.load(id.uuid()).await?;
        if room.is_open(unit.now()) && !other.phase.is_over() && other.is_panel_member(account) {
            rooms.push(Beside {
                interview,
                phase: other.phase,
                id,
                room,
            });
        }
    }
    Ok(rooms)
}

/// A member of the panel who came into one room is in the others too.
pub(super) async fn join(
    unit: &mut Unit<'_>,
    booking: &Booking,
    account: AccountId,
    connection: ConnectionId,
) -> Result<(), CommandError> {
    for other in beside(unit, booking, account).await? {
        let join = Join {
            account,
            connection,
            at: unit.now(),
        };
        let room = unit
            .decide::<Room>(other.id.uuid(), RoomCommand::Join(join))
            .await?;
        tell_interview(unit, other.interview, &room, other.id, RoomRole::Interviewer).await?;
    }
    Ok(())
}

/// Whoever left one room is gone from the others too.
pub(super) async fn leave(
    unit: &mut Unit<'_>,
    booking: &Booking,
    account: AccountId,
    connection: ConnectionId,
    reason: LeaveReason,
) -> Result<(), CommandError> {
    for other in beside(unit, booking, account).await? {
        let is_in = other.room.inside().is_some_and(|inside| inside.is_in(connection));
        if is_in {
            let leave = Leave {
                connection,
                at: unit.now(),
                reason,
            };
            unit.decide::<Room>(other.id.uuid(), RoomCommand::Leave(leave))
                .await?;
        }
    }
    Ok(())
}

/// A member of the panel who ends one interview ends those of the group with it.
pub(super) async fn end_all(
    unit: &mut Unit<'_>,
    booking: &Booking,
    account: AccountId,
) -> Result<(), CommandError> {
    for other in beside(unit, booking, account).await? {
        if matches!(other.phase, Phase::Open | Phase::Live) {
            end(unit, other.interview, EndReason::Ended).await?;
        }
    }
    Ok(())
}
