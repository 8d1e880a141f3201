//! Who waits for which product, and what became of it.

use domain::{
    envelope::{Envelope, Position},
    ids::{AccountId, EntryId, InterviewId, InterviewTypeId, OrganisationId},
    time::{Instant, Slot, Span, Zone},
    waitlist::events::WaitlistEvent,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    list::{self, Condition, Direction, Listed, Slice},
    model::{Column, Index, Key, ReadModel, Stored, id, word},
    sql::{Db, DbError, Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Waitlists {}

/// A place on a waitlist.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Which.
    pub entry: EntryId,
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Who waits.
    pub candidate: AccountId,
    /// Within which time an interview is to start.
    pub wanted: Span,
    /// The zone the candidate reads times in.
    pub zone: Zone,
    /// How far it is.
    pub status: Status,
    /// The time that was offered last.
    pub offer: Option<Offer>,
    /// When they came.
    pub joined_at: Instant,
    /// Where that stands in the log, which tells who came first when clocks cannot.
    pub came: Position,
}

/// A time that was offered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Offer {
    /// The interview that taking it makes.
    pub interview: InterviewId,
    /// The time.
    pub slot: Slot,
    /// When it dies unless it is taken before.
    pub expires_at: Instant,
}

/// How far a place on a waitlist is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing is offered.
    Waiting,
    /// A time is held for them.
    Offered,
    /// They took a time.
    Booked,
    /// They did not answer an offer in time.
    Lapsed,
    /// They do not wait any more, or what they wanted is over.
    Left,
}

hears! {
    /// What it is told by.
    pub enum Heard { Waitlist(WaitlistEvent) }
}

const CANDIDATE: Column = Column::required("candidate", Kind::Id);
const TYPE: Column = Column::required("interview_type", Kind::Id);
const STATUS: Column = Column::required("status", Kind::Text);
const CAME: Column = Column::required("came", Kind::Integer);

impl ReadModel for Waitlists {
    const NAME: &'static str = "waitlist";
    const COLUMNS: &'static [Column] = &[CANDIDATE, TYPE, STATUS, CAME];
    const INDEXES: &'static [Index] = &[
        // One's own places.
        Index {
            name: "candidate",
            columns: &["candidate", "came", "key"],
        },
        // The list of a product, in the order in which people came.
        Index {
            name: "interview_type",
            columns: &["interview_type", "came", "key"],
        },
        Index {
            name: "came",
            columns: &["came", "key"],
        },
    ];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Entry;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::Waitlist(event) = event;
        vec![Key::of(match event {
            WaitlistEvent::WaitlistJoined(event) => event.entry,
            WaitlistEvent::WaitlistLeft(event) => event.entry,
            WaitlistEvent::WaitlistOffered(event) => event.entry,
            WaitlistEvent::WaitlistAccepted(event) => event.entry,
            WaitlistEvent::WaitlistDeclined(event) => event.entry,
            WaitlistEvent::WaitlistLapsed(event) => event.entry,
        })]
    }

    fn apply(_: Key, row: Option<Entry>, event: &Heard, envelope: &Envelope) -> Option<Entry> {
        let Heard::Waitlist(event) = event;
        let now = |status| row.clone().map(|row| Entry { status, ..row });
        match event {
            WaitlistEvent::WaitlistJoined(event) => Some(Entry {
                entry: event.entry,
                interview_type: event.interview_type,
                candidate: event.candidate,
                wanted: event.wanted,
                zone: event.zone,
                status: Status::Waiting,
                offer: None,
                joined_at: envelope.occurred_at,
                came: envelope.position,
            }),
            WaitlistEvent::WaitlistOffered(event) => now(Status::Offered).map(|row| Entry {
                offer: Some(Offer {
                    interview: event.interview,
                    slot: event.slot.clone(),
                    expires_at: event.expires_at,
                }),
                ..row
            }),
            WaitlistEvent::WaitlistDeclined(_) => {
                now(Status::Waiting).map(|row| Entry { offer: None, ..row })
            }
            WaitlistEvent::WaitlistLeft(_) => now(Status::Left),
            WaitlistEvent::WaitlistAccepted(_) => now(Status::Booked),
            WaitlistEvent::WaitlistLapsed(_) => now(Status::Lapsed),
        }
    }

    fn columns(row: &Entry) -> Vec<Value> {
        vec![
            id(row.candidate),
            id(row.interview_type),
            word(&row.status),
            row.came.into(),
        ]
    }
}

/// Whose places a viewer may see. Part of every question, never added later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// All of the organisation.
    Organisation,
    /// Those of this account.
    Own(AccountId),
}

/// A filter over places on waitlists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Where {
    /// All of them hold; none is no restriction.
    All(Vec<Self>),
    /// At least one holds; none is nothing.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// The product is one of these.
    Type(Vec<InterviewTypeId>),
    /// The status is one of these.
    Status(Vec<Status>),
}

fn condition(filter: &Where) -> Condition {
    match filter {
        Where::All(parts) => Condition::All(parts.iter().map(condition).collect()),
        Where::Any(parts) => Condition::Any(parts.iter().map(condition).collect()),
        Where::Not(part) => Condition::Not(Box::new(condition(part))),
        Where::Type(types) => Condition::In(TYPE, types.iter().copied().map(id).collect()),
        Where::Status(all) => Condition::In(STATUS, all.iter().map(word).collect()),
    }
}

fn restricted(scope: Scope, filter: &Where) -> Condition {
    let scope = match scope {
        Scope::Organisation => Condition::All(Vec::new()),
        Scope::Own(account) => Condition::In(CANDIDATE, vec![id(account)]),
    };
    Condition::All(vec![scope, condition(filter)])
}

/// One place; `None` also when it is out of scope.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_id(
    db: &Db,
    tenant: OrganisationId,
    scope: Scope,
    entry: EntryId,
) -> Result<Option<Stored<Entry>>, DbError> {
    let condition = Condition::All(vec![
        restricted(scope, &Where::All(Vec::new())),
        Condition::In(list::KEY, vec![id(entry)]),
    ]);
    Ok(list::all::<Waitlists>(db, tenant, &condition)
        .await?
        .into_iter()
        .next())
}

/// A part of the places that fit, by when people came.
///
/// # Errors
/// [`DbError`], when the table cannot be read, or a place belongs to another order.
pub async fn list(
    db: &Db,
    tenant: OrganisationId,
    scope: Scope,
    filter: &Where,
    direction: Direction,
    slice: &Slice,
) -> Result<Listed<Entry>, DbError> {
    list::list::<Waitlists>(
        db,
        tenant,
        &restricted(scope, filter),
        &[(CAME, direction)],
        slice,
    )
    .await
}

/// How many places fit.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn count(db: &Db, tenant: OrganisationId, scope: Scope, filter: &Where) -> Result<u64, DbError> {
    list::count::<Waitlists>(db, tenant, &restricted(scope, filter)).await
}
