//! One organisation.

use domain::{
    envelope::Envelope,
    ids::{AccountId, OrganisationId},
    interview::events::RefundTier,
    organisation::events::OrganisationEvent,
    text::Line,
    time::{Instant, Zone},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears, list,
    model::{Column, Index, Key, ReadModel, Stored},
    sql::{Db, DbError, Kind, Name, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Organisations {}

/// One organisation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Organisation {
    /// Which.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: Line,
    /// The zone its own calendar days are counted in.
    pub zone: Zone,
    /// Whether interviewers may schedule, list candidates and decide.
    pub interviewers_decide: bool,
    /// Who made it.
    pub created_by: AccountId,
    /// When.
    pub created_at: Instant,
    /// What comes back of cancelled bookings, once it was published.
    pub cancellation: Option<CancellationPolicy>,
}

/// What comes back when a candidate calls an interview off.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CancellationPolicy {
    /// Which version, from 1.
    pub version: u32,
    /// What comes back, most notice first.
    pub tiers: Vec<RefundTier>,
}

hears! {
    /// What it is told by.
    pub enum Heard { Organisation(OrganisationEvent) }
}

impl ReadModel for Organisations {
    const NAME: &'static str = "organisations";
    const COLUMNS: &'static [Column] = &[];
    const INDEXES: &'static [Index] = &[];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Organisation;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::Organisation(event) = event;
        vec![match event {
            OrganisationEvent::OrganisationCreated(event) => Key::of(event.organisation),
            OrganisationEvent::CancellationPolicyPublished(event) => Key::of(event.organisation),
        }]
    }

    fn apply(_: Key, row: Option<Organisation>, event: &Heard, envelope: &Envelope) -> Option<Organisation> {
        let Heard::Organisation(event) = event;
        match event {
            OrganisationEvent::OrganisationCreated(event) => row.or_else(|| {
                Some(Organisation {
                    organisation: event.organisation,
                    name: event.name.clone(),
                    zone: event.zone,
                    interviewers_decide: event.interviewers_decide,
                    created_by: event.by,
                    created_at: envelope.occurred_at,
                    cancellation: None,
                })
            }),
            OrganisationEvent::CancellationPolicyPublished(event) => row.map(|row| Organisation {
                cancellation: Some(CancellationPolicy {
                    version: event.version,
                    tiers: event.tiers.clone(),
                }),
                ..row
            }),
        }
    }

    fn columns(_: &Organisation) -> Vec<Value> {
        Vec::new()
    }
}

/// An organisation, by itself: it is its own tenant.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_id(db: &Db, organisation: OrganisationId) -> Result<Option<Stored<Organisation>>, DbError> {
    list::by_key::<Organisations>(db, organisation, Key::of(organisation)).await
}

/// The organisation, if there is exactly one in the whole installation: whoever names none acts for it.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn only_one(db: &Db) -> Result<Option<OrganisationId>, DbError> {
    let mut sql = db.sql();
    sql.push("select key from ")
        .table(&Name::new(Organisations::NAME).expect("a frozen name is a name"));
    sql.push(" limit 2");
    let rows = db.fetch(sql, &[Kind::Id]).await?;
    let id = |cells: &Vec<Value>| match cells.first() {
        Some(Value::Bytes(bytes)) => Key::from_bytes(bytes).map(|key| OrganisationId::new(key.link())),
        Some(Value::Null(_) | Value::Text(_) | Value::Integer(_) | Value::Bool(_)) | None => None,
    };
    match rows.as_slice() {
        [only] => Ok(id(only)),
        _ => Ok(None),
    }
}
