//! What a person should look at, because the rules do not say what is to become of it: money that does not fit, money
//! that could not go back, messages of providers that have no place, seats that nobody has, interviewers who are busy
//! elsewhere, and promised times that the zone rules have left. What was settled is no longer listed.

use domain::{
    envelope::Envelope,
    ids::{AccountId, ClaimId, InterviewId, OrganisationId, PaymentId, RefundId},
    interview::events::{
        InterviewEvent, InterviewerReplaced, PanelMember, PanelSeatVacated, TimeZoneRuleDriftDetected,
    },
    interviewer_calendar::events::InterviewerCalendarEvent,
    money::Money,
    payment::events::PaymentEvent,
    provider_inbox::events::{ProviderFact, ProviderInboxEvent},
    time::{Drift, Instant, Span},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    hears,
    list::{self, Condition, Direction, Listed, Slice},
    model::{Column, Index, Key, ReadModel, instant, word},
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
    /// Interviewers of an interview to come turned out to be busy elsewhere at that time.
    BusyElsewhere {
        /// Which interview.
        interview: InterviewId,
        /// Who; never empty.
        clashes: Vec<Clash>,
    },
    /// The zone rules have changed since the time of an interview to come was promised.
    TimeDrifted {
        /// Which interview.
        interview: InterviewId,
        /// What was promised, and what has become of it.
        drift: Drift,
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

/// An interviewer who is busy elsewhere during an interview.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Clash {
    /// Who.
    pub account: AccountId,
    /// By which claim their time is the interview's.
    pub claim: ClaimId,
    /// When they are busy elsewhere: the first such time.
    pub busy: Span,
}

/// What sort of matter it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatterKind {
    /// [`Matter::PaidWrongly`].
    PaidWrongly,
    /// [`Matter::RefundFailed`].
    RefundFailed,
    /// [`Matter::SeatsVacant`].
    SeatsVacant,
    /// [`Matter::BusyElsewhere`].
    BusyElsewhere,
    /// [`Matter::TimeDrifted`].
    TimeDrifted,
    /// [`Matter::Unplaced`].
    Unplaced,
}

impl Matter {
    /// What sort it is.
    pub const fn kind(&self) -> MatterKind {
        match self {
            Self::PaidWrongly { .. } => MatterKind::PaidWrongly,
            Self::RefundFailed { .. } => MatterKind::RefundFailed,
            Self::SeatsVacant { .. } => MatterKind::SeatsVacant,
            Self::BusyElsewhere { .. } => MatterKind::BusyElsewhere,
            Self::TimeDrifted { .. } => MatterKind::TimeDrifted,
            Self::Unplaced { .. } => MatterKind::Unplaced,
        }
    }
}

/// A filter over what people should look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Where {
    /// All of them hold; none is no restriction.
    All(Vec<Self>),
    /// At least one holds; none is nothing.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// It is of one of these sorts.
    Kind(Vec<MatterKind>),
}

fn condition(filter: &Where) -> Condition {
    match filter {
        Where::All(parts) => Condition::All(parts.iter().map(condition).collect()),
        Where::Any(parts) => Condition::Any(parts.iter().map(condition).collect()),
        Where::Not(part) => Condition::Not(Box::new(condition(part))),
        Where::Kind(all) => Condition::In(KIND, all.iter().map(word).collect()),
    }
}

hears! {
    /// What it is told by.
    pub enum Heard {
        Payment(PaymentEvent),
        ProviderInbox(ProviderInboxEvent),
        Interview(InterviewEvent),
        InterviewerCalendar(InterviewerCalendarEvent),
    }
}

const AT: Column = Column::required("at", Kind::Instant);
const KIND: Column = Column::required("kind", Kind::Text);

impl ReadModel for Attentions {
    const NAME: &'static str = "attention";
    const COLUMNS: &'static [Column] = &[AT, KIND];
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
            Heard::Interview(event) => {
                let interview = event.interview();
                let of_seats: &[Key] = match Seats::told_by(event) {
                    Some(Seats::Vacated(_) | Seats::Taken(_)) => &[Key::of(interview)],
                    Some(Seats::Needless(_)) => &[Key::of(interview), clashes_of(interview)],
                    None => &[],
                };
                let of_clock = Clock::told_by(event).map(|_| drift_of(interview));
                return of_seats.iter().copied().chain(of_clock).collect();
            }
            Heard::InterviewerCalendar(event) => {
                Meanwhile::told_by(event).map(|told| clashes_of(told.interview()))
            }
        };
        key.into_iter().collect()
    }

    fn apply(key: Key, row: Option<Attention>, event: &Heard, envelope: &Envelope) -> Option<Attention> {
        let matter = match event {
            Heard::Interview(event) => {
                if key == drift_of(event.interview()) {
                    return match Clock::told_by(event) {
                        Some(clock) => clock.after(envelope),
                        None => row,
                    };
                }
                return match Seats::told_by(event) {
                    // Nobody need be anywhere any more.
                    Some(seats) if key == clashes_of(seats.interview()) => None,
                    Some(seats) => seats.after(row, envelope),
                    None => row,
                };
            }
            Heard::InterviewerCalendar(event) => {
                return match Meanwhile::told_by(event) {
                    Some(told) => told.after(row, envelope),
                    None => row,
                };
            }
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
        vec![instant(row.at), word(&row.matter.kind())]
    }
}

/// What an event of an interview means for its vacant seats.
enum Seats<'e> {
    /// One more is vacant.
    Vacated(&'e PanelSeatVacated),
    /// One is taken.
    Taken(&'e InterviewerReplaced),
    /// Nobody need sit anywhere any more.
    Needless(InterviewId),
}

impl<'e> Seats<'e> {
    const fn told_by(event: &'e InterviewEvent) -> Option<Self> {
        match event {
            InterviewEvent::PanelSeatVacated(event) => Some(Self::Vacated(event)),
            InterviewEvent::InterviewerReplaced(event) => Some(Self::Taken(event)),
            InterviewEvent::InterviewCancelled(event) => Some(Self::Needless(event.interview)),
            InterviewEvent::InterviewEnded(event) => Some(Self::Needless(event.interview)),
            InterviewEvent::InterviewAbandoned(event) => Some(Self::Needless(event.interview)),
            InterviewEvent::NoShowMarked(event) => Some(Self::Needless(event.interview)),
            InterviewEvent::BookingRequested(_)
            | InterviewEvent::InterviewScheduled(_)
            | InterviewEvent::SlotClaimed(_)
            | InterviewEvent::PlacedInSeries(_)
            | InterviewEvent::PlacedInGroup(_)
            | InterviewEvent::PaymentRequired(_)
            | InterviewEvent::InterviewConfirmed(_)
            | InterviewEvent::BookingExpired(_)
            | InterviewEvent::SlotReclaimed(_)
            | InterviewEvent::InterviewRescheduled(_)
            | InterviewEvent::InterviewOpened(_)
            | InterviewEvent::InterviewStarted(_)
            | InterviewEvent::InterviewCompleted(_)
            | InterviewEvent::NoShowRetracted(_)
            | InterviewEvent::ApprovalRequired(_)
            | InterviewEvent::BookingApproved(_)
            | InterviewEvent::BookingDeclined(_)
            | InterviewEvent::RefundLimited(_)
            | InterviewEvent::SessionHosted(_)
            | InterviewEvent::GuestsInvited(_)
            | InterviewEvent::CandidateJoined(_)
            | InterviewEvent::DetailsChanged(_)
            | InterviewEvent::KitAttached(_)
            | InterviewEvent::TimeZoneRuleDriftDetected(_)
            | InterviewEvent::TimeZoneRuleDriftEnded(_)
            | InterviewEvent::DriftedTimeKept(_)
            | InterviewEvent::RescheduleProposed(_)
            | InterviewEvent::RescheduleAccepted(_)
            | InterviewEvent::RescheduleDeclined(_)
            | InterviewEvent::InviteResponded(_) => None,
        }
    }

    const fn interview(&self) -> InterviewId {
        match self {
            Self::Vacated(event) => event.interview,
            Self::Taken(event) => event.interview,
            Self::Needless(interview) => *interview,
        }
    }

    /// What is vacant afterwards; the row goes with the last seat.
    fn after(self, row: Option<Attention>, envelope: &Envelope) -> Option<Attention> {
        let interview = self.interview();
        let at = row.as_ref().map_or(envelope.occurred_at, |row| row.at);
        let mut seats = vacant(row);
        match self {
            Self::Vacated(event) => seats.push(event.member.clone()),
            Self::Taken(event) => seats.retain(|seat| seat.account != event.former),
            Self::Needless(_) => seats.clear(),
        }
        (!seats.is_empty()).then_some(Attention {
            matter: Matter::SeatsVacant { interview, seats },
            at,
        })
    }
}

fn vacant(row: Option<Attention>) -> Vec<PanelMember> {
    match row.map(|row| row.matter) {
        Some(Matter::SeatsVacant { seats, .. }) => seats,
        Some(
            Matter::PaidWrongly { .. }
            | Matter::RefundFailed { .. }
            | Matter::BusyElsewhere { .. }
            | Matter::TimeDrifted { .. }
            | Matter::Unplaced { .. },
        )
        | None => Vec::new(),
    }
}

/// The row about the promise of an interview.
fn drift_of(interview: InterviewId) -> Key {
    Key::of_ids(interview.uuid(), Some(Uuid::nil()))
}

/// What an event of an interview means for what was promised and the clock on the wall.
enum Clock<'e> {
    /// They have come apart.
    Drifted(&'e TimeZoneRuleDriftDetected),
    /// They fit again, the time was settled anew, or it does not matter any more.
    Settled,
}

impl<'e> Clock<'e> {
    const fn told_by(event: &'e InterviewEvent) -> Option<Self> {
        match event {
            InterviewEvent::TimeZoneRuleDriftDetected(event) => Some(Self::Drifted(event)),
            InterviewEvent::TimeZoneRuleDriftEnded(_)
            | InterviewEvent::DriftedTimeKept(_)
            | InterviewEvent::InterviewRescheduled(_)
            | InterviewEvent::InterviewCancelled(_)
            | InterviewEvent::BookingDeclined(_)
            | InterviewEvent::BookingExpired(_)
            | InterviewEvent::InterviewOpened(_)
            | InterviewEvent::InterviewEnded(_)
            | InterviewEvent::InterviewAbandoned(_)
            | InterviewEvent::NoShowMarked(_) => Some(Self::Settled),
            InterviewEvent::BookingRequested(_)
            | InterviewEvent::InterviewScheduled(_)
            | InterviewEvent::PlacedInSeries(_)
            | InterviewEvent::PlacedInGroup(_)
            | InterviewEvent::SlotClaimed(_)
            | InterviewEvent::PaymentRequired(_)
            | InterviewEvent::InterviewConfirmed(_)
            | InterviewEvent::ApprovalRequired(_)
            | InterviewEvent::BookingApproved(_)
            | InterviewEvent::SlotReclaimed(_)
            | InterviewEvent::RescheduleProposed(_)
            | InterviewEvent::RescheduleAccepted(_)
            | InterviewEvent::RescheduleDeclined(_)
            | InterviewEvent::InterviewStarted(_)
            | InterviewEvent::InterviewCompleted(_)
            | InterviewEvent::NoShowRetracted(_)
            | InterviewEvent::RefundLimited(_)
            | InterviewEvent::SessionHosted(_)
            | InterviewEvent::GuestsInvited(_)
            | InterviewEvent::CandidateJoined(_)
            | InterviewEvent::DetailsChanged(_)
            | InterviewEvent::KitAttached(_)
            | InterviewEvent::InviteResponded(_)
            | InterviewEvent::PanelSeatVacated(_)
            | InterviewEvent::InterviewerReplaced(_) => None,
        }
    }

    /// What is to be decided afterwards.
    fn after(self, envelope: &Envelope) -> Option<Attention> {
        match self {
            Self::Drifted(event) => Some(Attention {
                matter: Matter::TimeDrifted {
                    interview: event.interview,
                    drift: event.drift.clone(),
                },
                at: envelope.occurred_at,
            }),
            Self::Settled => None,
        }
    }
}

/// The row about those of an interview who are busy elsewhere; its seats have another.
fn clashes_of(interview: InterviewId) -> Key {
    Key::pair(interview, interview)
}

/// What an event of an interviewer's calendar means for who is busy elsewhere.
enum Meanwhile {
    /// One more is.
    Clashed(InterviewId, Clash),
    /// One is not any more, or need not come.
    Over(InterviewId, ClaimId),
}

impl Meanwhile {
    const fn told_by(event: &InterviewerCalendarEvent) -> Option<Self> {
        match event {
            InterviewerCalendarEvent::ClaimClashed(event) => {
                let clash = Clash {
                    account: event.account,
                    claim: event.claim,
                    busy: event.busy,
                };
                Some(Self::Clashed(event.interview, clash))
            }
            InterviewerCalendarEvent::ClashEnded(event) => Some(Self::Over(event.interview, event.claim)),
            InterviewerCalendarEvent::HoldExpired(event) => Some(Self::Over(event.interview, event.claim)),
            InterviewerCalendarEvent::ClaimReleased(event) => Some(Self::Over(event.interview, event.claim)),
            // The interview is over, and its own end has settled this.
            InterviewerCalendarEvent::ClaimShortened(_)
            | InterviewerCalendarEvent::HoldPlaced(_)
            | InterviewerCalendarEvent::HoldConfirmed(_)
            | InterviewerCalendarEvent::HoldExtended(_)
            | InterviewerCalendarEvent::ExternalBusyImported(_)
            | InterviewerCalendarEvent::ExternalBusyRemoved(_) => None,
        }
    }

    const fn interview(&self) -> InterviewId {
        match self {
            Self::Clashed(interview, _) | Self::Over(interview, _) => *interview,
        }
    }

    /// Who is busy elsewhere afterwards; the row goes with the last of them.
    fn after(self, row: Option<Attention>, envelope: &Envelope) -> Option<Attention> {
        let interview = self.interview();
        let at = row.as_ref().map_or(envelope.occurred_at, |row| row.at);
        let mut clashes = match row.map(|row| row.matter) {
            Some(Matter::BusyElsewhere { clashes, .. }) => clashes,
            Some(
                Matter::PaidWrongly { .. }
                | Matter::RefundFailed { .. }
                | Matter::SeatsVacant { .. }
                | Matter::TimeDrifted { .. }
                | Matter::Unplaced { .. },
            )
            | None => Vec::new(),
        };
        match self {
            Self::Clashed(_, clash) => clashes.push(clash),
            Self::Over(_, claim) => clashes.retain(|clash| clash.claim != claim),
        }
        (!clashes.is_empty()).then_some(Attention {
            matter: Matter::BusyElsewhere { interview, clashes },
            at,
        })
    }
}

/// A part of what an organisation's people should look at, by how long it has waited.
///
/// # Errors
/// [`DbError`], when the table cannot be read, or a place belongs to another order.
pub async fn list(
    db: &Db,
    tenant: OrganisationId,
    filter: &Where,
    direction: Direction,
    slice: &Slice,
) -> Result<Listed<Attention>, DbError> {
    list::list::<Attentions>(db, tenant, &condition(filter), &[(AT, direction)], slice).await
}

/// How many of these things there are to look at.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn count(db: &Db, tenant: OrganisationId, filter: &Where) -> Result<u64, DbError> {
    list::count::<Attentions>(db, tenant, &condition(filter)).await
}
