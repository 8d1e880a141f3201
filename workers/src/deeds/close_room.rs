//! Closes a room for good when its time is over.

use commands::effects::close_room::CloseRoom;
use domain::ids::InterviewId;

use super::{Tools, Tried};
use crate::db::Task;

pub(super) async fn perform(tools: &Tools, task: &Task, interview: InterviewId, revision: u32) -> Tried {
    tools.record(task, &CloseRoom { interview, revision }).await
}
