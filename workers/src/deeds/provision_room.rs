//! Has a room for a settled time.

use commands::effects::record_room::{RecordRoom, wants_room, window};
use domain::{
    ids::{GroupId, InterviewId, RoomId},
    interview::Interview,
    ports::video::RoomRequest,
    room::Room,
};

use super::{Tools, Tried};
use crate::db::Task;

/// What the keyed hash is for.
const PURPOSE: &str = "room of a group";

/// The name that the rooms of a group share: a keyed hash, so that every seat has the same and nobody can guess it.
fn shared_name(tools: &Tools, task: &Task, group: GroupId) -> String {
    let whose = [task.tenant.uuid().into_bytes(), group.uuid().into_bytes()].concat();
    let name = tools.vault.token(PURPOSE, &whose);
    name.iter().take(20).map(|byte| format!("{byte:02x}")).collect()
}

/// No room is made for a time that is no longer the interview's.
pub(super) async fn perform(tools: &Tools, task: &Task, interview: InterviewId, revision: u32) -> Tried {
    let state: Interview = tools.load(task, interview.uuid()).await?;
    let booking = state.booked()?;
    let room = RoomId::of(interview, revision);
    let present: Room = tools.load(task, room.uuid()).await?;
    if !wants_room(booking, revision) || present.inside().is_some() {
        return tools.conclude(task).await;
    }
    let (opens_at, closes_at) = window(booking);
    let request = RoomRequest {
        key: task.effect,
        room,
        interview,
        shared: booking.group.map(|place| shared_name(tools, task, place.group)),
        opens_at,
        closes_at,
    };
    tools.announce(task).await?;
    let provisioned = tools.video.provision(&request).await?;
    let record = RecordRoom {
        interview,
        revision,
        provider: tools.video.name().to_owned(),
        room_ref: provisioned.room_ref,
    };
    tools.record(task, &record).await
}
