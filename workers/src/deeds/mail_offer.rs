//! Tells somebody who waits what is offered, while it is.

use commands::effects::suppress_notification::SuppressNotification;
use domain::{
    account::Account,
    ids::{EntryId, InterviewTypeId, NotificationId},
    interview_type::InterviewType,
    notification::{
        Notification,
        events::{Message, SuppressReason},
    },
    waitlist::Waitlist,
};

use super::{
    Tools, Tried,
    send_mail::{deliver, opened},
};
use crate::{db::Task, mail::Particulars};

pub(super) async fn perform(
    tools: &Tools,
    task: &Task,
    (interview_type, entry): (InterviewTypeId, EntryId),
    notification: NotificationId,
    message: Message,
) -> Tried {
    let state: Notification = tools.load(task, notification.uuid()).await?;
    if state.is_settled() {
        return tools.conclude(task).await;
    }
    let suppressed = |reason| SuppressNotification {
        notification,
        message,
        reason,
    };
    let list: Waitlist = tools.load(task, interview_type.uuid()).await?;
    let entry = list.entry(entry).ok();
    let offer = entry.and_then(|entry| entry.offer.as_ref().map(|offer| (entry.zone, offer)));
    let offer = offer
        .filter(|(_, offer)| offer.interview == message.interview && tools.clock.now() < offer.expires_at);
    let product: InterviewType = tools.load(task, interview_type.uuid()).await?;
    let Some(((zone, offer), spec)) = offer.zip(product.spec()) else {
        return tools.record(task, &suppressed(SuppressReason::Stale)).await;
    };
    let account: Account = tools.load(task, message.recipient.uuid()).await?;
    let Some(address) = opened(tools, account.email()).await? else {
        return tools.record(task, &suppressed(SuppressReason::NoAddress)).await;
    };
    let particulars = Particulars {
        notification,
        template: message.template,
        address,
        recipient: opened(tools, account.name()).await?,
        zone: account.zone().unwrap_or(zone),
        interview: message.interview,
        revision: message.revision,
        panel_changes: 0,
        title: spec.title.to_string(),
        span: offer.slot.span,
        opens_before: spec.join_window.opens_before_minutes,
        candidate: None,
        brief: None,
        interviewers: Vec::new(),
        is_known: false,
        cancelled: None,
        due_at: Some(offer.expires_at),
        price: None,
        declined: None,
        options: Vec::new(),
        message: None,
        nobody_free: false,
        kept: None,
        entrance: None,
        stamp: task.due,
    };
    deliver(tools, task, message, &particulars).await
}
