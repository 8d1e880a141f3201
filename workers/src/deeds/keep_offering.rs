//! Looks again and again, as long as somebody waits, for what has become free without anybody saying so.

use commands::effects::offer_slot::OfferSlot;
use domain::{
    ids::{EntryId, InterviewTypeId},
    processes::{step_command, waitlists::LOOK_AGAIN},
    refusal::Refusal,
    waitlist::Waitlist,
};
use store::executor::CommandError;

use super::{Tools, Tried};
use crate::{db::Task, runner::Outcome};

/// What is found is offered to whoever is first in line. Nothing is stored of a look that finds nothing.
pub(super) async fn perform(
    tools: &Tools,
    task: &Task,
    interview_type: InterviewTypeId,
    entry: EntryId,
) -> Tried {
    let list: Waitlist = tools.load(task, interview_type.uuid()).await?;
    if list.entry(entry).is_err() {
        return tools.conclude(task).await;
    }
    let now = tools.clock.now();
    let minute = u32::try_from(now.timestamp() / 60).unwrap_or_default();
    let look = tools.invocation(task, step_command(task.effect, "look", minute));
    match tools.executor.run(&look, &OfferSlot::Again(interview_type)).await {
        Ok(_) | Err(CommandError::Refused(Refusal::SlotTaken | Refusal::IdempotencyConflict { .. })) => {
            Ok(Outcome::Again {
                due: now + LOOK_AGAIN,
                code: None,
            })
        }
        Err(error) => Err(error.into()),
    }
}
