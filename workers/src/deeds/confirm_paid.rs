//! Gives the candidate who has paid the interview, or the money back.

use commands::effects::confirm_paid::ConfirmPaid;
use domain::ids::{InterviewId, PaymentId};

use super::{Tools, Tried};
use crate::db::Task;

pub(super) async fn perform(tools: &Tools, task: &Task, payment: PaymentId, interview: InterviewId) -> Tried {
    tools.record(task, &ConfirmPaid { interview, payment }).await
}
