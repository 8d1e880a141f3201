//! What a person should look at, because the rules do not say what is to become of it: money that does not fit, money
//! that could not go back, messages of providers that have no place, and seats that nobody has. What was settled is no
//! longer listed.

use domain::{
    envelope::Envelope,
    ids::{InterviewId, OrganisationId, PaymentId, RefundId},
    interview::events::{InterviewEvent, PanelMember},
    money::Money,
    payment::events::PaymentEvent,
    provider_inbox::events::{ProviderFact, ProviderInboxEvent},
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    list::{self, Condition, Direction, Listed, Slice},
    model::{Column, Index, Key, ReadModel, instant},
    sql::{Db, DbError, Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Attentions {}

/// One thing that a person should look at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Attention {
    /// What it is.
    pub matter: Matter,
    /// Since when.
    pub at: Instant,
}

/// What a person should look at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Matter {
    /// Money came that is not what was asked for. It does not count as paid, and nobody has sent it back.
    PaidWrongly {
        /// For which payment.
        payment: PaymentId,
        /// For which interview.
        interview: InterviewId,
        /// The provider's name for the attempt.
        attempt: String,
        /// What was asked for.
        expected: Money,
        /// What came.
        actual: Money,
    },
    /// The provider could not pay money back.
    RefundFailed {
        /// Of which payment.
        payment: PaymentId,
        /// For which interview.
        interview: InterviewId,
        /// Which refund.
        refund: RefundId,
        /// The provider's code for the reason.
        code: String,
    },
    /// Seats of an interview to come were given up, and nobody has taken them.
    SeatsVacant {
        /// Of which interview.
        interview: InterviewId,
        /// Who sat there, and as what; never empty.
        seats: Vec<PanelMember>,
    },
    /// A provider told us something that has no place here, such as money for a payment that we do not know.
    Unplaced {
        /// Configured name of the provider.
        provider: String,
        /// The provider's own id of the event.
        provider_event: String,
        /// What it says.
        fact: ProviderFact,
        /// Code of the refusal.
        code: String,
    },
}

hears! {
    /// What it is told by.
    pub enum Heard {
        Payment(PaymentEvent),
        ProviderInbox(ProviderInboxEvent),
        Interview(InterviewEvent),
    }
}

const AT: Column = Column::required("at", Kind::Instant);

impl ReadModel for Attentions {
    const NAME: &'static str = "attention";
    const COLUMNS: &'static [Column] = &[AT];
    const INDEXES: &'static [Index] = &[
        // What has waited longest, first.
        Index {
            name: "at",
            columns: &["at", "key"],
        },
    ];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Attention;
    type Heard = Heard;

    fn keys(event: &Heard, envelope: &Envelope) -> Vec<Key> {
        let key = match event {
            Heard::Payment(event) => match event {
                PaymentEvent::PaymentMismatchDetected(event) => {
                    Some(Key::pair(event.payment, envelope.event_id))
                }
                PaymentEvent::RefundFailed(event) => Some(Key::pair(event.payment, event.refund)),
                PaymentEvent::RefundProcessed(event) => Some(Key::pair(event.payment, event.refund)),
                PaymentEvent::PaymentOpened(_)
                | PaymentEvent::PaymentOrderCreated(_)
                | PaymentEvent::PaymentAttemptFailed(_)
                | PaymentEvent::PaymentAuthorized(_)
                | PaymentEvent::PaymentCaptured(_)
                | PaymentEvent::DuplicateCaptureDetected(_)
                | PaymentEvent::PaymentExpired(_)
                | PaymentEvent::PaymentCancelled(_)
                | PaymentEvent::RefundRequested(_) => None,
            },
            Heard::ProviderInbox(event) => match event {
                ProviderInboxEvent::ProviderEventParked(event) => Some(Key::of(event.inbox)),
                ProviderInboxEvent::ProviderEventReceived(_) => None,
            },
            Heard::Interview(event) => of_interview(event),
        };
        key.into_iter().collect()
    }

    fn apply(_: Key, row: Option<Attention>, event: &Heard, envelope: &Envelope) -> Option<Attention> {
        let matter = match event {
            Heard::Interview(event) => return seats(row, event, envelope),
            Heard::Payment(event) => match event {
                PaymentEvent::PaymentMismatchDetected(event) => Matter::PaidWrongly {
                    payment: event.payment,
                    interview: event.interview,
                    attempt: event.attempt.clone(),
                    expected: event.expected,
                    actual: event.actual,
                },
                PaymentEvent::RefundFailed(event) => Matter::RefundFailed {
                    payment: event.payment,
                    interview: event.interview,
                    refund: event.refund,
                    code: event.code.clone(),
                },
                // Late, and yet: there is nothing left to look at.
                PaymentEvent::RefundProcessed(_) => return None,
                PaymentEvent::PaymentOpened(_)
                | PaymentEvent::PaymentOrderCreated(_)
                | PaymentEvent::PaymentAttemptFailed(_)
                | PaymentEvent::PaymentAuthorized(_)
                | PaymentEvent::PaymentCaptured(_)
                | PaymentEvent::DuplicateCaptureDetected(_)
                | PaymentEvent::PaymentExpired(_)
                | PaymentEvent::PaymentCancelled(_)
                | PaymentEvent::RefundRequested(_) => return row,
            },
            Heard::ProviderInbox(event) => match event {
                ProviderInboxEvent::ProviderEventParked(event) => Matter::Unplaced {
                    provider: event.provider.clone(),
                    provider_event: event.provider_event.clone(),
                    fact: event.fact.clone(),
                    code: event.code.clone(),
                },
                ProviderInboxEvent::ProviderEventReceived(_) => return row,
            },
        };
        Some(Attention {
            matter,
            at: envelope.occurred_at,
        })
    }

    fn columns(row: &Attention) -> Vec<Value> {
        vec![instant(row.at)]
    }
}

/// The key of an interview whose seats an event changes, or which makes them needless.
fn of_interview(event: &InterviewEvent) -> Option<Key> {
    match event {
        InterviewEvent::PanelSeatVacated(event) => Some(Key::of(event.interview)),
        InterviewEvent::InterviewerReplaced(event) => Some(Key::of(event.interview)),
        InterviewEvent::InterviewCancelled(event) => Some(Key::of(event.interview)),
        InterviewEvent::InterviewEnded(event) => Some(Key::of(event.interview)),
        InterviewEvent::BookingRequested(_)
        | InterviewEvent::InterviewScheduled(_)
        | InterviewEvent::SlotClaimed(_)
        | InterviewEvent::PaymentRequired(_)
        | InterviewEvent::InterviewConfirmed(_)
        | InterviewEvent::BookingExpired(_)
        | InterviewEvent::SlotReclaimed(_)
        | InterviewEvent::InterviewRescheduled(_)
        | InterviewEvent::InterviewOpened(_)
        | InterviewEvent::InterviewStarted(_)
        | InterviewEvent::InterviewCompleted(_)
        | InterviewEvent::InterviewAbandoned(_)
        | InterviewEvent::NoShowMarked(_)
        | InterviewEvent::NoShowRetracted(_)
        | InterviewEvent::RefundLimited(_)
        | InterviewEvent::InviteResponded(_) => None,
    }
}

/// The vacant seats of an interview after an event; the row goes with the last of them.
fn seats(row: Option<Attention>, event: &InterviewEvent, envelope: &Envelope) -> Option<Attention> {
    match event {
        InterviewEvent::PanelSeatVacated(event) => {
            let at = row.as_ref().map_or(envelope.occurred_at, |row| row.at);
            let mut seats = vacant(row);
            seats.push(event.member.clone());
            let interview = event.interview;
            Some(Attention {
                matter: Matter::SeatsVacant { interview, seats },
                at,
            })
        }
        InterviewEvent::InterviewerReplaced(event) => {
            let at = row.as_ref().map_or(envelope.occurred_at, |row| row.at);
            let mut seats = vacant(row);
            seats.retain(|seat| seat.account != event.former);
            let interview = event.interview;
            (!seats.is_empty()).then_some(Attention {
                matter: Matter::SeatsVacant { interview, seats },
                at,
            })
        }
        InterviewEvent::InterviewCancelled(_) | InterviewEvent::InterviewEnded(_) => None,
        InterviewEvent::BookingRequested(_)
        | InterviewEvent::InterviewScheduled(_)
        | InterviewEvent::SlotClaimed(_)
        | InterviewEvent::PaymentRequired(_)
        | InterviewEvent::InterviewConfirmed(_)
        | InterviewEvent::BookingExpired(_)
        | InterviewEvent::SlotReclaimed(_)
        | InterviewEvent::InterviewRescheduled(_)
        | InterviewEvent::InterviewOpened(_)
        | InterviewEvent::InterviewStarted(_)
        | InterviewEvent::InterviewCompleted(_)
        | InterviewEvent::InterviewAbandoned(_)
        | InterviewEvent::NoShowMarked(_)
        | InterviewEvent::NoShowRetracted(_)
        | InterviewEvent::RefundLimited(_)
        | InterviewEvent::InviteResponded(_) => row,
    }
}

fn vacant(row: Option<Attention>) -> Vec<PanelMember> {
    match row.map(|row| row.matter) {
        Some(Matter::SeatsVacant { seats, .. }) => seats,
        Some(Matter::PaidWrongly { .. } | Matter::RefundFailed { .. } | Matter::Unplaced { .. }) | None => {
            Vec::new()
        }
    }
}

/// A part of what an organisation's people should look at, what has waited longest first.
///
/// # Errors
/// [`DbError`], when the table cannot be read, or a place belongs to another order.
pub async fn list(db: &Db, tenant: OrganisationId, slice: &Slice) -> Result<Listed<Attention>, DbError> {
    list::list::<Attentions>(
        db,
        tenant,
        &Condition::All(Vec::new()),
        &[(AT, Direction::Ascending)],
        slice,
    )
    .await
}

/// How many things there are to look at.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn count(db: &Db, tenant: OrganisationId) -> Result<u64, DbError> {
    list::count::<Attentions>(db, tenant, &Condition::All(Vec::new())).await
}
