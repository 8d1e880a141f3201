//! Finds somebody for a seat that was given up. While nobody can take it, it is looked at again until the interview
//! begins: calendars change.

use chrono::Duration;
use commands::effects::fill_seat::FillSeat;
use domain::{
    ids::{AccountId, InterviewId},
    processes::outcome_command,
    refusal::Refusal,
};
use store::executor::CommandError;

use super::{Tools, Tried};
use crate::{db::Task, runner::Outcome};

/// The pause before the seat is looked at again.
const PAUSE: Duration = Duration::minutes(30);

pub(super) async fn perform(tools: &Tools, task: &Task, interview: InterviewId, former: AccountId) -> Tried {
    let invocation = tools.invocation(task, outcome_command(task.effect));
    let fill = FillSeat { interview, former };
    match tools.executor.run(&invocation, &fill).await {
        Ok(_) | Err(CommandError::Refused(Refusal::IdempotencyConflict { .. })) => Ok(Outcome::Done),
        Err(CommandError::Refused(Refusal::SlotTaken)) => Ok(Outcome::Again {
            due: tools.clock.now() + PAUSE,
            code: None,
        }),
        Err(error) => Err(error.into()),
    }
}
