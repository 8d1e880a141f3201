//! Releases what an interviewer wrote for the candidate of a mock interview.

use commands::effects::release_feedback::ReleaseFeedback;
use domain::ids::ScorecardId;

use super::{Tools, Tried};
use crate::db::Task;

pub(super) async fn perform(tools: &Tools, task: &Task, scorecard: ScorecardId) -> Tried {
    tools.record(task, &ReleaseFeedback { scorecard }).await
}
