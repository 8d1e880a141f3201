//! What was sent to whom, and what was not, with the reason.

use domain::{
    envelope::Envelope,
    ids::{AccountId, InterviewId, NotificationId, OrganisationId},
    notification::events::{Channel, Message, NotificationEvent, SuppressReason},
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    list::{self, Condition, Direction, Listed, Slice},
    model::{Column, Index, Key, ReadModel, Stored, id, instant},
    sql::{Db, DbError, Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Notifications {}

/// One message to one person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Notification {
    /// Which.
    pub notification: NotificationId,
    /// About which interview.
    pub interview: InterviewId,
    /// What and to whom.
    pub message: Message,
    /// What became of it.
    pub outcome: Outcome,
    /// When.
    pub at: Instant,
}

/// What became of a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Outcome {
    /// It was taken over by what carries it.
    Sent {
        /// How it travels.
        channel: Channel,
        /// Its Message-ID.
        message_id: String,
        /// Where it went: the name of the transport, or the file in the data folder.
        via: String,
    },
    /// It was not sent, and will not be.
    Suppressed {
        /// Why.
        reason: SuppressReason,
    },
    /// It could not be delivered.
    Failed {
        /// Short code of the reason.
        code: String,
    },
}

hears! {
    /// What it is told by.
    pub enum Heard { Notification(NotificationEvent) }
}

const INTERVIEW: Column = Column::required("interview", Kind::Id);
const RECIPIENT: Column = Column::required("recipient", Kind::Id);
const AT: Column = Column::required("at", Kind::Instant);

impl ReadModel for Notifications {
    const NAME: &'static str = "notifications";
    const COLUMNS: &'static [Column] = &[INTERVIEW, RECIPIENT, AT];
    const INDEXES: &'static [Index] = &[
        // What was sent about an interview.
        Index {
            name: "interview",
            columns: &["interview"],
        },
        // A person's own messages, newest first.
        Index {
            name: "recipient",
            columns: &["recipient", "at", "key"],
        },
    ];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Notification;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::Notification(event) = event;
        vec![Key::of(match event {
            NotificationEvent::NotificationSuppressed(event) => event.notification,
            NotificationEvent::DeliveryAccepted(event) => event.notification,
            NotificationEvent::DeliveryFailed(event) => event.notification,
        })]
    }

    fn apply(_: Key, _: Option<Notification>, event: &Heard, envelope: &Envelope) -> Option<Notification> {
        let Heard::Notification(event) = event;
        let (notification, interview, message, outcome) = match event {
            NotificationEvent::NotificationSuppressed(event) => (
                event.notification,
                event.interview,
                event.message,
                Outcome::Suppressed { reason: event.reason },
            ),
            NotificationEvent::DeliveryAccepted(event) => (
                event.notification,
                event.interview,
                event.message,
                Outcome::Sent {
                    channel: event.channel,
                    message_id: event.message_id.clone(),
                    via: event.via.clone(),
                },
            ),
            NotificationEvent::DeliveryFailed(event) => (
                event.notification,
                event.interview,
                event.message,
                Outcome::Failed {
                    code: event.code.clone(),
                },
            ),
        };
        Some(Notification {
            notification,
            interview,
            message,
            outcome,
            at: envelope.occurred_at,
        })
    }

    fn columns(row: &Notification) -> Vec<Value> {
        vec![id(row.interview), id(row.message.recipient), instant(row.at)]
    }
}

/// Whose messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum To {
    /// Of the organisation, to anybody.
    Anybody,
    /// To this account.
    Account(AccountId),
}

/// What was sent, or not, about several interviews, by one statement.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn of_interviews(
    db: &Db,
    tenant: OrganisationId,
    to: To,
    interviews: &[InterviewId],
) -> Result<Vec<Stored<Notification>>, DbError> {
    let chosen = Condition::In(INTERVIEW, interviews.iter().copied().map(id).collect());
    list::all::<Notifications>(db, tenant, &Condition::All(vec![sent(to), chosen])).await
}

/// A part of the messages, newest first.
///
/// # Errors
/// [`DbError`], when the table cannot be read, or a place belongs to another order.
pub async fn list(
    db: &Db,
    tenant: OrganisationId,
    to: To,
    slice: &Slice,
) -> Result<Listed<Notification>, DbError> {
    list::list::<Notifications>(db, tenant, &sent(to), &[(AT, Direction::Descending)], slice).await
}

/// How many messages there are.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn count(db: &Db, tenant: OrganisationId, to: To) -> Result<u64, DbError> {
    list::count::<Notifications>(db, tenant, &sent(to)).await
}

fn sent(to: To) -> Condition {
    match to {
        To::Anybody => Condition::All(Vec::new()),
        To::Account(account) => Condition::In(RECIPIENT, vec![id(account)]),
    }
}
