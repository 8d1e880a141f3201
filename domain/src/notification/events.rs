//! What can happen to a message to one person. Its id is derived from recipient, template, interview, revision and
//! occurrence, so that the same message is never sent twice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AccountId, InterviewId, NotificationId},
};

/// What a message says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// To the candidate: the interview is confirmed.
    InterviewConfirmed,
    /// To an interviewer: you meet this candidate.
    InterviewAssigned,
    /// To everybody: the interview moved.
    InterviewRescheduled,
    /// To everybody who knew of it: the interview was called off, for all or for you.
    InterviewCancelled,
    /// To the candidate: the slot was lost before it was paid, and the money goes back.
    SlotLost,
    /// To the candidate: no interviewer came, and the money goes back.
    InterviewersAbsent,
    /// To the candidate: paid twice, and the second payment goes back.
    PaidTwice,
    /// To the candidate: there is feedback to read.
    FeedbackReleased,
    /// To whoever asked: the report is ready.
    ReportReady,
    /// To an interviewer: somebody asks for this time, and it takes your word.
    ApprovalRequested,
    /// To the candidate: somebody agreed, and the interview is yours as soon as it is paid.
    BookingApproved,
    /// To the candidate: nobody agreed, by word or in time.
    BookingDeclined,
    /// To the other side: other times were proposed.
    TimesProposed,
    /// To whoever proposed: none of the times is taken.
    ProposalDeclined,
    /// To a candidate who waits: a time is free, and held for you.
    SlotOffered,
    /// To a guest: somebody asks you to a session that goes on, and this is how you come in.
    SessionInvitation,
}

/// What becomes of a message of which nobody knows whether it went out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InDoubt {
    /// It is sent again under its Message-ID: better twice than never.
    Resend,
    /// It waits for a person: said twice, it would mean something else.
    Park,
}

impl Template {
    /// Invitations and notices are sent again; what tells of money or of a verdict on a person is not.
    pub const fn in_doubt(self) -> InDoubt {
        match self {
            Self::InterviewConfirmed
            | Self::InterviewAssigned
            | Self::InterviewRescheduled
            | Self::InterviewCancelled
            | Self::ApprovalRequested
            | Self::BookingApproved
            | Self::BookingDeclined
            | Self::TimesProposed
            | Self::ProposalDeclined
            | Self::SlotOffered
            | Self::SessionInvitation
            | Self::ReportReady => InDoubt::Resend,
            Self::SlotLost | Self::InterviewersAbsent | Self::PaidTwice | Self::FeedbackReleased => {
                InDoubt::Park
            }
        }
    }
}

/// How a message travels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Electronic mail.
    Email,
}

/// What a message is about, to whom.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// To whom.
    pub recipient: AccountId,
    /// What it says.
    pub template: Template,
    /// About which interview.
    pub interview: InterviewId,
    /// About which settling of its time.
    pub revision: u32,
}

/// Why a message was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuppressReason {
    /// What it would have said is no longer so.
    Stale,
    /// The recipient has no address, or was erased.
    NoAddress,
}

/// A message was not sent, and will not be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NotificationSuppressed {
    /// Which notification.
    pub notification: NotificationId,
    /// About which interview.
    pub interview: InterviewId,
    /// What and to whom.
    pub message: Message,
    /// Why.
    pub reason: SuppressReason,
}

/// A message was taken over by what carries it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryAccepted {
    /// Which notification.
    pub notification: NotificationId,
    /// About which interview.
    pub interview: InterviewId,
    /// What and to whom.
    pub message: Message,
    /// How it travels.
    pub channel: Channel,
    /// Its Message-ID.
    pub message_id: String,
    /// Where it went: the name of the transport, or the file in the data folder.
    pub via: String,
}

/// A message could not be delivered, for good.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryFailed {
    /// Which notification.
    pub notification: NotificationId,
    /// About which interview.
    pub interview: InterviewId,
    /// What and to whom.
    pub message: Message,
    /// Short code of the reason, such as an SMTP reply code.
    pub code: String,
}

events! {
    /// What can happen to a message.
    pub enum NotificationEvent in Category::Notification {
        NotificationSuppressed = "notification.suppressed" v 6 links(interview),
        DeliveryAccepted = "notification.delivery_accepted" v 6 links(interview),
        DeliveryFailed = "notification.delivery_failed" v 6 links(interview),
    }
}
