//! Asks the payment provider for an order that can be paid.

use commands::effects::record_payment_order::RecordPaymentOrder;
use domain::{
    ids::{InterviewId, PaymentId},
    interview::Interview,
    payment::{Payment, Phase},
    ports::payment::OrderRequest,
};

use super::{Tools, Tried};
use crate::db::Task;

/// Nothing is ordered for a payment that has an order, or that came to nothing or to money by then.
pub(super) async fn perform(tools: &Tools, task: &Task, payment: PaymentId, interview: InterviewId) -> Tried {
    let state: Payment = tools.load(task, payment.uuid()).await?;
    let opened = state.opened()?;
    if opened.order.is_some() || opened.phase != Phase::Due {
        return tools.conclude(task).await;
    }
    let booked: Interview = tools.load(task, interview.uuid()).await?;
    let request = OrderRequest {
        key: task.effect,
        tenant: task.tenant,
        payment,
        interview,
        amount: opened.amount,
        title: booked.booked()?.title.to_string(),
    };
    tools.announce(task).await?;
    let order = tools.payments.create_order(&request).await?;
    let record = RecordPaymentOrder {
        payment,
        provider: tools.payments.name().to_owned(),
        order: order.order,
        checkout_url: order.checkout_url,
    };
    tools.record(task, &record).await
}
