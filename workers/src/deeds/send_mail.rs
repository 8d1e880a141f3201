//! Sends one message to one person.

use commands::{
    effects::{
        fail_notification::FailNotification, record_delivery::RecordDelivery,
        suppress_notification::SuppressNotification,
    },
    rooms::join_codes::code_of,
};
use domain::{
    account::Account,
    envelope::StreamId,
    fact::Category,
    ids::{AccountId, InterviewId, NotificationId},
    interview::{
        Booking, Interview,
        events::{Brief, DriftedTimeKept, InterviewCancelled, InterviewEvent, RescheduleProposed, Side},
        phase::Phase,
    },
    notification::{
        Notification,
        events::{InDoubt, Message, SuppressReason, Template},
    },
    ports::{error::ProviderError, mail::Sent},
    sealed::Sealed,
    time::{Instant, Zone},
};
use futures::TryStreamExt;
use serde::de::DeserializeOwned;
use store::{
    executor::CommandError,
    log::{Filter, Query},
};

use super::{Stop, Tools, Tried};
use crate::{
    db::Task,
    mail::{Cancelled, Entrance, Kept, MoneyBack, Particulars},
    runner::Outcome,
};

/// Nothing is sent that is no longer so, or for which there is no address. A mail whose fate is not known is looked up
/// where the carrier remembers; otherwise it is sent again under its Message-ID, or waits for a person where it would mean
/// something else to be told twice.
pub(super) async fn perform(
    tools: &Tools,
    task: &Task,
    notification: NotificationId,
    message: Message,
) -> Tried {
    let state: Notification = tools.load(task, notification.uuid()).await?;
    if state.is_settled() {
        return tools.conclude(task).await;
    }
    let interview: Interview = tools.load(task, message.interview.uuid()).await?;
    let booking = interview.booked()?;
    let suppressed = |reason| SuppressNotification {
        notification,
        message,
        reason,
    };
    if is_stale(booking, &message, tools.clock.now()) {
        return tools.record(task, &suppressed(SuppressReason::Stale)).await;
    }
    let account: Account = tools.load(task, message.recipient.uuid()).await?;
    let Some(address) = opened(tools, account.email()).await? else {
        return tools.record(task, &suppressed(SuppressReason::NoAddress)).await;
    };
    let particulars = particulars(tools, task, notification, &message, booking, &account, address).await?;
    deliver(tools, task, message, &particulars).await
}

/// Writes a mail and hands it over.
pub(super) async fn deliver(
    tools: &Tools,
    task: &Task,
    message: Message,
    particulars: &Particulars,
) -> Tried {
    let notification = particulars.notification;
    let mail = tools.writer.write(particulars).map_err(|_| {
        Stop(Outcome::GaveUp {
            code: "template".to_owned(),
        })
    })?;
    let delivered = |sent: Sent| RecordDelivery {
        notification,
        message,
        message_id: mail.message_id.clone(),
        via: sent.via,
    };
    let parks = message.template.in_doubt() == InDoubt::Park;
    if task.in_doubt {
        match looked_up(tools, &mail.message_id).await? {
            LookedUp::Sent(sent) => return tools.record(task, &delivered(sent)).await,
            LookedUp::Unknown if parks => return Err(in_doubt()),
            LookedUp::NotSent | LookedUp::Unknown => {}
        }
    }
    tools.announce(task).await?;
    match tools.mailer.send(&mail).await {
        Ok(sent) => tools.record(task, &delivered(sent)).await,
        Err(ProviderError::Unavailable {
            outcome_unknown: true,
            ..
        }) if parks && tools.sent_mail.is_none() => Err(in_doubt()),
        Err(ProviderError::Rejected { code }) => {
            let failed = FailNotification {
                notification,
                message,
                code,
            };
            tools.record(task, &failed).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What is known of a mail whose fate was not.
enum LookedUp {
    Sent(Sent),
    NotSent,
    Unknown,
}

async fn looked_up(tools: &Tools, message_id: &str) -> Result<LookedUp, Stop> {
    let Some(carrier) = &tools.sent_mail else {
        return Ok(LookedUp::Unknown);
    };
    // Nothing was announced in this try, so a failure says nothing about a call.
    let found = carrier.find(message_id).await;
    let found = found.map_err(|_| Stop(Outcome::retry("look_up_failed")))?;
    Ok(found.map_or(LookedUp::NotSent, LookedUp::Sent))
}

/// A person should find out whether it went out, and says by a retry that it may go out now.
fn in_doubt() -> Stop {
    Stop(Outcome::GaveUp {
        code: "in_doubt".to_owned(),
    })
}

/// True when the message would tell of a time that is no longer the interview's, or has passed.
fn is_stale(booking: &Booking, message: &Message, now: Instant) -> bool {
    match message.template {
        Template::InterviewConfirmed | Template::InterviewAssigned | Template::InterviewRescheduled => {
            booking.revision != message.revision
                || !booking.phase.was_confirmed()
                || booking.phase.is_over()
                || booking.slot.span.end <= now
                || !takes_part(booking, message.recipient)
        }
        Template::InterviewCancelled => {
            let stands = !matches!(booking.phase, Phase::Cancelled { .. });
            booking.slot.span.end <= now || (stands && takes_part(booking, message.recipient))
        }
        Template::SlotLost => booking.phase.was_confirmed(),
        Template::ApprovalRequested => {
            booking.phase != Phase::AwaitingApproval
                || booking.hold_is_over(now)
                || !booking.is_panel_member(message.recipient)
        }
        Template::BookingApproved => booking.phase != Phase::AwaitingPayment || booking.hold_is_over(now),
        Template::BookingDeclined => booking.phase.was_confirmed(),
        Template::TimesProposed => {
            let open = booking.open_proposal();
            let is_for_recipient = open.is_some_and(|open| match open.side {
                Side::Candidate => booking.is_panel_member(message.recipient),
                Side::Hosts => booking.is_candidate(message.recipient),
            });
            !is_for_recipient || booking.slot.span.start <= now
        }
        Template::ProposalDeclined => {
            booking.revision != message.revision
                || booking.open_proposal().is_some()
                || booking.phase != Phase::Confirmed
        }
        // Nobody is asked to what is over, or to what somebody else was admitted to.
        Template::SessionInvitation => booking.open_session(now).is_err() || booking.candidate.is_some(),
        // Told by a deed of its own: there is no interview yet.
        Template::SlotOffered
        | Template::InterviewersAbsent
        | Template::PaidTwice
        | Template::FeedbackReleased
        | Template::ReportReady => false,
    }
}

fn takes_part(booking: &Booking, account: AccountId) -> bool {
    booking.is_candidate(account) || booking.is_panel_member(account)
}

async fn particulars(
    tools: &Tools,
    task: &Task,
    notification: NotificationId,
    message: &Message,
    booking: &Booking,
    recipient: &Account,
    address: String,
) -> Result<Particulars, Stop> {
    let is_panel = booking.is_panel_member(message.recipient);
    let mut interviewers = Vec::new();
    // Whoever has left the panel is told that, and nobody's name.
    let has_left =
        message.template == Template::InterviewCancelled && !takes_part(booking, message.recipient);
    if !is_panel && !has_left {
        for member in &booking.panel {
            interviewers.extend(name(tools, task, member.account).await?);
        }
    }
    let proposed = if message.template == Template::TimesProposed {
        last_proposal(tools, task, message.interview).await?
    } else {
        None
    };
    let entrance = entrance(tools, task, message, booking);
    Ok(Particulars {
        notification,
        template: message.template,
        address,
        recipient: opened(tools, recipient.name()).await?,
        zone: zone(recipient, booking, message.recipient),
        interview: message.interview,
        revision: message.revision,
        panel_changes: booking.panel_changes,
        title: booking.title.to_string(),
        span: booking.slot.span,
        opens_before: booking.terms.join_window.opens_before_minutes,
        candidate: match booking.candidate.filter(|_| is_panel) {
            Some(candidate) => name(tools, task, candidate).await?,
            None => None,
        },
        brief: if is_panel {
            brief(tools, task, message.interview).await?
        } else {
            None
        },
        interviewers,
        is_known: booking.phase != Phase::Cancelled { was_confirmed: false },
        cancelled: cancelled(tools, task, message, booking).await?,
        due_at: entrance
            .map(|_| booking.room_closes_at())
            .or(booking.hold_expires_at),
        price: booking.quote.map(|quote| quote.price),
        declined: declined(tools, task, message).await?,
        options: proposed
            .iter()
            .flat_map(|event| &event.options)
            .map(|option| option.span)
            .collect(),
        message: opened(tools, proposed.as_ref().and_then(|event| event.message.as_ref())).await?,
        kept: if message.template == Template::InterviewRescheduled {
            kept(tools, task, message.interview).await?
        } else {
            None
        },
        entrance,
        stamp: task.due,
    })
}

/// How the recipient comes into the session that they are asked to.
fn entrance(tools: &Tools, task: &Task, message: &Message, booking: &Booking) -> Option<Entrance> {
    let is_asked = message.template == Template::SessionInvitation;
    let session = booking.session.as_ref().filter(|_| is_asked)?;
    Some(Entrance {
        code: code_of(&tools.vault, task.tenant, message.interview),
        takes_password: session.password_hash.is_some(),
    })
}

/// How the interview was called off: the last that is said of it.
async fn cancelled(
    tools: &Tools,
    task: &Task,
    message: &Message,
    booking: &Booking,
) -> Result<Option<Cancelled>, Stop> {
    let last = one_of(
        tools,
        Query::backward(Filter::Stream(stream(task, message.interview))),
    )
    .await?;
    let Some(InterviewEvent::InterviewCancelled(event)) = last else {
        return Ok(None);
    };
    Ok(Some(Cancelled {
        party: event.party,
        reason: opened(tools, event.reason.as_ref()).await?,
        money: booking
            .quote
            .filter(|_| booking.is_candidate(message.recipient))
            .map(|_| money_back(&event)),
    }))
}

/// Why a booking or a proposal was declined, where that is told.
async fn declined(tools: &Tools, task: &Task, message: &Message) -> Result<Option<String>, Stop> {
    let template = message.template;
    let reason = |event| {
        if let InterviewEvent::BookingDeclined(event) = event {
            (template == Template::BookingDeclined).then_some(event.reason)
        } else if let InterviewEvent::RescheduleDeclined(event) = event {
            (template == Template::ProposalDeclined).then_some(event.reason)
        } else {
            None
        }
    };
    let is_told = matches!(template, Template::BookingDeclined | Template::ProposalDeclined);
    if !is_told {
        return Ok(None);
    }
    let reason = last(tools, task, message.interview, reason).await?;
    opened(tools, reason.flatten().as_ref()).await
}

/// The times that were proposed last, and what was said to them.
async fn last_proposal(
    tools: &Tools,
    task: &Task,
    interview: InterviewId,
) -> Result<Option<RescheduleProposed>, Stop> {
    let proposal = |event| {
        if let InterviewEvent::RescheduleProposed(event) = event {
            Some(event)
        } else {
            None
        }
    };
    last(tools, task, interview, proposal).await
}

/// Which promise was given up, when that is how the present time was settled.
async fn kept(tools: &Tools, task: &Task, interview: InterviewId) -> Result<Option<Kept>, Stop> {
    let settled = |event| {
        if let InterviewEvent::DriftedTimeKept(DriftedTimeKept { from, to, .. }) = event {
            Some(Some(Kept { from, to }))
        } else {
            matches!(event, InterviewEvent::InterviewRescheduled(_)).then_some(None)
        }
    };
    let settled = last(tools, task, interview, settled).await?;
    Ok(settled.flatten())
}

/// The last event of an interview that is wanted.
async fn last<T>(
    tools: &Tools,
    task: &Task,
    interview: InterviewId,
    wanted: impl Fn(InterviewEvent) -> Option<T>,
) -> Result<Option<T>, Stop> {
    let mut history = tools
        .log
        .read(Query::backward(Filter::Stream(stream(task, interview))));
    while let Some(recorded) = history.try_next().await? {
        let events = tools
            .codec
            .decode_as::<InterviewEvent>(&recorded)
            .map_err(CommandError::from)?;
        if let Some(found) = events.into_iter().find_map(&wanted) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

const fn money_back(event: &InterviewCancelled) -> MoneyBack {
    match event.outcome.refund {
        Some(refund) if refund.minor > 0 => MoneyBack::Back(refund),
        Some(_) => MoneyBack::Nothing,
        None => MoneyBack::NotPaid,
    }
}

/// The recipient's own zone; a candidate who set none booked in one.
fn zone(recipient: &Account, booking: &Booking, account: AccountId) -> Zone {
    let booked_in = booking.is_candidate(account).then_some(booking.slot.zone);
    recipient.zone().or(booked_in).unwrap_or(Zone::UTC)
}

async fn name(tools: &Tools, task: &Task, account: AccountId) -> Result<Option<String>, Stop> {
    let account: Account = tools.load(task, account.uuid()).await?;
    opened(tools, account.name()).await
}

/// What the candidate said about the job stands in the first event of the interview and nowhere else.
async fn brief(tools: &Tools, task: &Task, interview: InterviewId) -> Result<Option<Brief>, Stop> {
    let first = one_of(tools, Query::forward(Filter::Stream(stream(task, interview)))).await?;
    let Some(InterviewEvent::BookingRequested(requested)) = first else {
        return Ok(None);
    };
    opened(tools, requested.brief.as_ref()).await
}

const fn stream(task: &Task, interview: InterviewId) -> StreamId {
    StreamId {
        tenant: task.tenant,
        category: Category::Interview,
        id: interview.uuid(),
    }
}

/// The first event of an interview that a query finds.
async fn one_of(tools: &Tools, query: Query) -> Result<Option<InterviewEvent>, Stop> {
    let Some(recorded) = tools.log.read(query.limit(1)).try_next().await? else {
        return Ok(None);
    };
    let events = tools
        .codec
        .decode_as::<InterviewEvent>(&recorded)
        .map_err(CommandError::from)?;
    Ok(events.into_iter().next())
}

/// A sealed value in the open; nothing when there is none or its subject was erased.
pub(super) async fn opened<T: DeserializeOwned + Clone>(
    tools: &Tools,
    sealed: Option<&Sealed<T>>,
) -> Result<Option<T>, Stop> {
    match sealed {
        Some(sealed) => Ok(tools.vault.open(sealed).await?),
        None => Ok(None),
    }
}
