//! Messages that were sent, or not.

use async_graphql::{Enum, ID, SimpleObject};
use domain::notification::events::Template as DomainTemplate;
use projections::notifications::{self, Outcome};

use super::{
    person::{People, Person},
    scalars::DateTime,
    standing::Standing,
    user_error::int,
};

/// What a message says.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "DomainTemplate")]
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

/// What became of a message.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotificationStatus {
    /// It was taken over by what carries it.
    Sent,
    /// It was not sent, and will not be: what it would have said is no longer so, or there is no address.
    Suppressed,
    /// It could not be delivered.
    Failed,
}

/// One message to one person.
#[derive(SimpleObject, Clone, Debug)]
pub struct Notification {
    /// The notification's id.
    id: ID,
    /// To whom.
    recipient: Person,
    /// What it says.
    template: Template,
    /// About which settling of the interview's time.
    revision: i32,
    /// What became of it.
    status: NotificationStatus,
    /// Where it went: the name of the transport, or the file in the data folder; only for those who run interviews.
    via: Option<String>,
    /// When.
    at: DateTime,
}

impl Notification {
    /// The mail as a viewer of that standing sees it, with those who are answered together with it.
    pub fn of(row: notifications::Notification, standing: Standing, people: &People) -> Self {
        let is_staff = standing == Standing::Staff;
        let (status, via) = match row.outcome {
            Outcome::Sent { via, .. } => (NotificationStatus::Sent, Some(via).filter(|_| is_staff)),
            Outcome::Suppressed { .. } => (NotificationStatus::Suppressed, None),
            Outcome::Failed { .. } => (NotificationStatus::Failed, None),
        };
        Self {
            id: row.notification.to_string().into(),
            recipient: people.person(row.message.recipient),
            template: row.message.template.into(),
            revision: int(row.message.revision),
            status,
            via,
            at: row.at.into(),
        }
    }
}
