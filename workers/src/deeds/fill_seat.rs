//! Finds somebody for a seat that was given up. While nobody can take it, it is looked at again until the interview
//! begins: calendars change. Where the panel is too small without it, other times are proposed meanwhile.

use chrono::Duration;
use commands::effects::{fill_seat::FillSeat, propose_for_seat::ProposeForSeat};
use domain::{
    ids::{AccountId, InterviewId},
    processes::{outcome_command, step_command},
    refusal::Refusal,
};
use store::executor::CommandError;

use super::{Stop, Tools, Tried};
use crate::{db::Task, runner::Outcome};

/// The pause before the seat is looked at again.
const PAUSE: Duration = Duration::minutes(30);

pub(super) async fn perform(tools: &Tools, task: &Task, interview: InterviewId, former: AccountId) -> Tried {
    let invocation = tools.invocation(task, outcome_command(task.effect));
    let fill = FillSeat { interview, former };
    match tools.executor.run(&invocation, &fill).await {
        Ok(_) | Err(CommandError::Refused(Refusal::IdempotencyConflict { .. })) => Ok(Outcome::Done),
        Err(CommandError::Refused(Refusal::SlotTaken)) => {
            propose(tools, task, ProposeForSeat { interview, former }).await?;
            Ok(Outcome::Again {
                due: tools.clock.now() + PAUSE,
                code: None,
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// Nothing is stored when there is nothing to propose, and whatever was in the way may not be the next time.
async fn propose(tools: &Tools, task: &Task, propose: ProposeForSeat) -> Result<(), Stop> {
    let minute = u32::try_from(tools.clock.now().timestamp() / 60).unwrap_or_default();
    let invocation = tools.invocation(task, step_command(task.effect, "propose", minute));
    match tools.executor.run(&invocation, &propose).await {
        Ok(_) | Err(CommandError::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
