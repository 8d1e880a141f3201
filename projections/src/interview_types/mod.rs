//! The products that candidates can book.

use domain::{
    envelope::Envelope,
    ids::{InterviewTypeId, OrganisationId},
    interview_type::events::{Difficulty, InterviewKind, InterviewTypeEvent, Mode, Purpose, TypeSpec},
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    list::{self, Condition, Direction, Listed, Slice},
    model::{Column, Index, Key, ReadModel, Stored, caseless, instant, word},
    sql::{Db, DbError, Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum InterviewTypes {}

/// One interview type, as bookings from now on will keep it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewType {
    /// Which.
    pub interview_type: InterviewTypeId,
    /// Its version, from 1.
    pub version: u32,
    /// What it is.
    pub spec: TypeSpec,
    /// Whether it can be booked.
    pub bookable: bool,
    /// When it was first defined.
    pub defined_at: Instant,
}

hears! {
    /// What it is told by.
    pub enum Heard { InterviewType(InterviewTypeEvent) }
}

const DEFINED: Column = Column::required("defined", Kind::Instant);
const BOOKABLE: Column = Column::required("bookable", Kind::Bool);
const KIND: Column = Column::required("kind", Kind::Text);
const MODE: Column = Column::required("mode", Kind::Text);
const PURPOSE: Column = Column::required("purpose", Kind::Text);
const DIFFICULTY: Column = Column::required("difficulty", Kind::Text);
const TITLE: Column = Column::required("title", Kind::Text);

impl ReadModel for InterviewTypes {
    const NAME: &'static str = "interview_types";
    const COLUMNS: &'static [Column] = &[DEFINED, BOOKABLE, KIND, MODE, PURPOSE, DIFFICULTY, TITLE];
    const INDEXES: &'static [Index] = &[
        // The catalogue.
        Index {
            name: "defined",
            columns: &["defined", "key"],
        },
    ];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = InterviewType;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::InterviewType(event) = event;
        vec![Key::of(match event {
            InterviewTypeEvent::InterviewTypeDefined(event) => event.interview_type,
            InterviewTypeEvent::InterviewTypeRevised(event) => event.interview_type,
            InterviewTypeEvent::InterviewTypeRetired(event) => event.interview_type,
        })]
    }

    fn apply(
        _: Key,
        row: Option<InterviewType>,
        event: &Heard,
        envelope: &Envelope,
    ) -> Option<InterviewType> {
        let Heard::InterviewType(event) = event;
        match event {
            InterviewTypeEvent::InterviewTypeDefined(event) => row.or_else(|| {
                Some(InterviewType {
                    interview_type: event.interview_type,
                    version: 1,
                    spec: event.spec.clone(),
                    bookable: true,
                    defined_at: envelope.occurred_at,
                })
            }),
            InterviewTypeEvent::InterviewTypeRevised(event) => row.map(|row| InterviewType {
                version: event.version,
                spec: event.spec.clone(),
                ..row
            }),
            InterviewTypeEvent::InterviewTypeRetired(_) => row.map(|row| InterviewType {
                bookable: false,
                ..row
            }),
        }
    }

    fn columns(row: &InterviewType) -> Vec<Value> {
        vec![
            instant(row.defined_at),
            Value::Bool(row.bookable),
            word(&row.spec.kind),
            word(&row.spec.mode),
            word(&row.spec.purpose),
            word(&row.spec.difficulty),
            caseless(row.spec.title.as_str()),
        ]
    }
}

/// A filter over interview types.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Where {
    /// All of them hold; none is no restriction.
    All(Vec<Self>),
    /// At least one holds; none is nothing.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// It can be booked, or it cannot.
    Bookable(bool),
    /// What it is about is one of these.
    Kind(Vec<InterviewKind>),
    /// The mode is one of these.
    Mode(Vec<Mode>),
    /// The purpose is one of these.
    Purpose(Vec<Purpose>),
    /// The difficulty is one of these.
    Difficulty(Vec<Difficulty>),
    /// The title is one of these, whatever the case of letters.
    Title(Vec<String>),
    /// The title has this somewhere, whatever the case of letters.
    TitleContains(String),
}

fn condition(filter: &Where) -> Condition {
    match filter {
        Where::All(parts) => Condition::All(parts.iter().map(condition).collect()),
        Where::Any(parts) => Condition::Any(parts.iter().map(condition).collect()),
        Where::Not(part) => Condition::Not(Box::new(condition(part))),
        Where::Bookable(bookable) => Condition::In(BOOKABLE, vec![Value::Bool(*bookable)]),
        Where::Kind(all) => Condition::In(KIND, all.iter().map(word).collect()),
        Where::Mode(all) => Condition::In(MODE, all.iter().map(word).collect()),
        Where::Purpose(all) => Condition::In(PURPOSE, all.iter().map(word).collect()),
        Where::Difficulty(all) => Condition::In(DIFFICULTY, all.iter().map(word).collect()),
        Where::Title(titles) => Condition::In(TITLE, titles.iter().map(|title| caseless(title)).collect()),
        Where::TitleContains(text) => Condition::Contains(TITLE, text.to_lowercase()),
    }
}

/// Several interview types in the order asked, by one statement.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_ids(
    db: &Db,
    tenant: OrganisationId,
    types: &[InterviewTypeId],
) -> Result<Vec<Option<Stored<InterviewType>>>, DbError> {
    let keys: Vec<Key> = types.iter().copied().map(Key::of).collect();
    list::by_keys::<InterviewTypes>(db, tenant, &keys).await
}

/// A part of the interview types that fit, in the order in which they were defined.
///
/// # Errors
/// [`DbError`], when the table cannot be read, or a place belongs to another order.
pub async fn list(
    db: &Db,
    tenant: OrganisationId,
    filter: &Where,
    direction: Direction,
    slice: &Slice,
) -> Result<Listed<InterviewType>, DbError> {
    list::list::<InterviewTypes>(db, tenant, &condition(filter), &[(DEFINED, direction)], slice).await
}

/// How many interview types fit.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn count(db: &Db, tenant: OrganisationId, filter: &Where) -> Result<u64, DbError> {
    list::count::<InterviewTypes>(db, tenant, &condition(filter)).await
}
