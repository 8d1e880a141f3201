//! Interview kits with all their versions: an interview keeps one, and a used version stays readable.

use domain::{
    envelope::Envelope,
    ids::{InterviewKitId, OrganisationId},
    interview_kit::events::{InterviewKitEvent, KitSpec},
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    list::{self, Condition, Direction, Listed, Slice},
    model::{Column, Index, Key, ReadModel, Stored, caseless, instant},
    sql::{Db, DbError, Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum InterviewKits {}

/// One kit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewKit {
    /// Which.
    pub kit: InterviewKitId,
    /// Its versions, oldest first; never empty.
    pub versions: Vec<KitVersion>,
}

/// One version of a kit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KitVersion {
    /// Which, from 1.
    pub version: u32,
    /// What it says.
    pub spec: KitSpec,
    /// Since when it is in use.
    pub published_at: Instant,
}

hears! {
    /// What it is told by.
    pub enum Heard { InterviewKit(InterviewKitEvent) }
}

const PUBLISHED: Column = Column::required("published", Kind::Instant);
const NAME: Column = Column::required("name", Kind::Text);
const INDUSTRY: Column = Column::optional("industry", Kind::Text);

impl ReadModel for InterviewKits {
    const NAME: &'static str = "interview_kits";
    const COLUMNS: &'static [Column] = &[PUBLISHED, NAME, INDUSTRY];
    const INDEXES: &'static [Index] = &[
        // The catalogue.
        Index {
            name: "published",
            columns: &["published", "key"],
        },
    ];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = InterviewKit;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::InterviewKit(InterviewKitEvent::KitPublished(event)) = event;
        vec![Key::of(event.kit)]
    }

    fn apply(_: Key, row: Option<InterviewKit>, event: &Heard, envelope: &Envelope) -> Option<InterviewKit> {
        let Heard::InterviewKit(InterviewKitEvent::KitPublished(event)) = event;
        let mut versions = row.map(|row| row.versions).unwrap_or_default();
        versions.push(KitVersion {
            version: event.version,
            spec: event.spec.clone(),
            published_at: envelope.occurred_at,
        });
        Some(InterviewKit {
            kit: event.kit,
            versions,
        })
    }

    fn columns(row: &InterviewKit) -> Vec<Value> {
        let first = row.versions.first().map(|version| version.published_at);
        let newest = row.newest();
        let industry = newest.and_then(|version| version.spec.industry.as_ref());
        vec![
            first.map_or(Value::Null(Kind::Instant), instant),
            newest.map_or(Value::Null(Kind::Text), |version| {
                caseless(version.spec.name.as_str())
            }),
            industry.map_or(Value::Null(Kind::Text), |industry| caseless(industry.as_str())),
        ]
    }
}

impl InterviewKit {
    /// The newest version.
    pub fn newest(&self) -> Option<&KitVersion> {
        self.versions.last()
    }

    /// The version with a number.
    pub fn version(&self, number: u32) -> Option<&KitVersion> {
        self.versions.iter().find(|known| known.version == number)
    }
}

/// A filter over kits, by what they say in their newest version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Where {
    /// All of them hold; none is no restriction.
    All(Vec<Self>),
    /// At least one holds; none is nothing.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// The name is one of these, whatever the case of letters.
    Name(Vec<String>),
    /// The name has this somewhere, whatever the case of letters.
    NameContains(String),
    /// The industry is one of these, whatever the case of letters.
    Industry(Vec<String>),
    /// The industry has this somewhere, whatever the case of letters.
    IndustryContains(String),
}

fn condition(filter: &Where) -> Condition {
    let texts = |texts: &[String]| texts.iter().map(|text| caseless(text)).collect();
    match filter {
        Where::All(parts) => Condition::All(parts.iter().map(condition).collect()),
        Where::Any(parts) => Condition::Any(parts.iter().map(condition).collect()),
        Where::Not(part) => Condition::Not(Box::new(condition(part))),
        Where::Name(names) => Condition::In(NAME, texts(names)),
        Where::NameContains(text) => Condition::Contains(NAME, text.to_lowercase()),
        Where::Industry(industries) => Condition::In(INDUSTRY, texts(industries)),
        Where::IndustryContains(text) => Condition::Contains(INDUSTRY, text.to_lowercase()),
    }
}

/// Several kits in the order asked, by one statement.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_ids(
    db: &Db,
    tenant: OrganisationId,
    kits: &[InterviewKitId],
) -> Result<Vec<Option<Stored<InterviewKit>>>, DbError> {
    let keys: Vec<Key> = kits.iter().copied().map(Key::of).collect();
    list::by_keys::<InterviewKits>(db, tenant, &keys).await
}

/// A part of the kits that fit, in the order in which they were first published.
///
/// # Errors
/// [`DbError`], when the table cannot be read, or a place belongs to another order.
pub async fn list(
    db: &Db,
    tenant: OrganisationId,
    filter: &Where,
    direction: Direction,
    slice: &Slice,
) -> Result<Listed<InterviewKit>, DbError> {
    list::list::<InterviewKits>(db, tenant, &condition(filter), &[(PUBLISHED, direction)], slice).await
}

/// How many kits fit.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn count(db: &Db, tenant: OrganisationId, filter: &Where) -> Result<u64, DbError> {
    list::count::<InterviewKits>(db, tenant, &condition(filter)).await
}
