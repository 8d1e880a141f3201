//! Records that the time that somebody waited for is over.

use commands::effects::end_wait::EndWait;
use domain::ids::{EntryId, InterviewTypeId};

use super::{Tools, Tried};
use crate::db::Task;

pub(super) async fn perform(
    tools: &Tools,
    task: &Task,
    interview_type: InterviewTypeId,
    entry: EntryId,
) -> Tried {
    let end = EndWait {
        interview_type,
        entry,
    };
    tools.record(task, &end).await
}
