//! Sends the money back when no interviewer came and none can come any more.

use commands::effects::refund_absence::RefundAbsence;
use domain::ids::InterviewId;

use super::{Tools, Tried};
use crate::db::Task;

pub(super) async fn perform(tools: &Tools, task: &Task, interview: InterviewId, revision: u32) -> Tried {
    tools.record(task, &RefundAbsence { interview, revision }).await
}
