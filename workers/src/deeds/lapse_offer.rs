//! Records that an offer to somebody who waits has died.

use commands::effects::lapse_offer::LapseOffer;
use domain::ids::{EntryId, InterviewId, InterviewTypeId};

use super::{Tools, Tried};
use crate::db::Task;

pub(super) async fn perform(
    tools: &Tools,
    task: &Task,
    interview_type: InterviewTypeId,
    entry: EntryId,
    interview: InterviewId,
) -> Tried {
    let lapse = LapseOffer {
        interview_type,
        entry,
        interview,
    };
    tools.record(task, &lapse).await
}
