//! Pays money back.

use commands::effects::record_refund::{RecordRefund, RefundAnswer};
use domain::{
    ids::{PaymentId, RefundId},
    payment::{Ledger, Payment, Phase, Refund, RefundStatus},
    ports::{
        error::ProviderError,
        payment::{RefundRequest, RefundTaken},
    },
    refusal::Refusal,
};

use super::{Stop, Tools, Tried};
use crate::db::Task;

/// Nothing is paid back that was paid back, or that the provider refused before: people look at those.
pub(super) async fn perform(tools: &Tools, task: &Task, payment: PaymentId, refund: RefundId) -> Tried {
    let state: Payment = tools.load(task, payment.uuid()).await?;
    let opened = state.opened()?;
    let wanted = opened
        .refunds
        .get(&refund)
        .ok_or(Refusal::NotFound { what: "refund" })?;
    match wanted.status {
        RefundStatus::Requested => {}
        RefundStatus::Processed | RefundStatus::Failed => return tools.conclude(task).await,
    }
    let request = request(task, opened, refund, wanted)?;
    tools.announce(task).await?;
    let answer = match tools.payments.refund(&request).await {
        Ok(RefundTaken {
            provider_refund,
            settled: true,
        }) => RefundAnswer::Paid { provider_refund },
        Ok(RefundTaken { settled: false, .. }) => RefundAnswer::Taken,
        Err(ProviderError::Rejected { code }) => RefundAnswer::Refused { code },
        Err(error) => return Err(error.into()),
    };
    let record = RecordRefund {
        payment,
        refund,
        provider: tools.payments.name().to_owned(),
        answer,
    };
    tools.record(task, &record).await
}

fn request(task: &Task, opened: &Ledger, id: RefundId, refund: &Refund) -> Result<RefundRequest, Stop> {
    let Phase::Captured { attempt: counted, .. } = &opened.phase else {
        let unpaid = Refusal::WrongState {
            state: "nothing was paid",
        };
        return Err(unpaid.into());
    };
    Ok(RefundRequest {
        key: task.effect,
        payment: opened.payment,
        order: opened.order.as_ref().map(|order| order.order.clone()),
        attempt: refund.attempt.as_ref().unwrap_or(counted).clone(),
        refund: id,
        amount: refund.amount,
    })
}
