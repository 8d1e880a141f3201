//! Looks who has come when the grace after the start is over.

use commands::effects::mark_no_show::MarkNoShow;
use domain::ids::InterviewId;

use super::{Tools, Tried};
use crate::db::Task;

pub(super) async fn perform(tools: &Tools, task: &Task, interview: InterviewId, revision: u32) -> Tried {
    tools.record(task, &MarkNoShow { interview, revision }).await
}
