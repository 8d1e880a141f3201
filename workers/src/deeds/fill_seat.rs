//! Finds somebody for a seat that was given up.

use commands::effects::fill_seat::FillSeat;
use domain::ids::{AccountId, InterviewId};

use super::{Tools, Tried};
use crate::db::Task;

pub(super) async fn perform(tools: &Tools, task: &Task, interview: InterviewId, former: AccountId) -> Tried {
    tools.record(task, &FillSeat { interview, former }).await
}
