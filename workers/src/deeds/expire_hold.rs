//! Records that a hold's time had come, when nobody agreed or it was not paid.

use commands::effects::expire_booking::ExpireBooking;
use domain::ids::{InterviewId, PaymentId};

use super::{Tools, Tried};
use crate::db::Task;

pub(super) async fn perform(
    tools: &Tools,
    task: &Task,
    interview: InterviewId,
    payment: Option<PaymentId>,
) -> Tried {
    tools.record(task, &ExpireBooking { interview, payment }).await
}
