//! Rubrics with all their versions: a scorecard pins one, and a used version stays readable.

use domain::{
    envelope::Envelope,
    ids::{OrganisationId, RubricId},
    rubric::events::{Criterion, RubricEvent},
    text::Line,
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    list::{self, Condition},
    model::{Column, Index, Key, ReadModel, Stored},
    sql::{Db, DbError, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Rubrics {}

/// One rubric.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rubric {
    /// Which.
    pub rubric: RubricId,
    /// Its versions, oldest first; never empty.
    pub versions: Vec<RubricVersion>,
}

/// One version of a rubric.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RubricVersion {
    /// Which, from 1.
    pub version: u32,
    /// What it is called.
    pub name: Line,
    /// What is rated.
    pub criteria: Vec<Criterion>,
    /// Since when it is in use.
    pub published_at: Instant,
}

hears! {
    /// What it is told by.
    pub enum Heard { Rubric(RubricEvent) }
}

impl ReadModel for Rubrics {
    const NAME: &'static str = "rubrics";
    const COLUMNS: &'static [Column] = &[];
    const INDEXES: &'static [Index] = &[];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Rubric;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::Rubric(RubricEvent::RubricPublished(event)) = event;
        vec![Key::of(event.rubric)]
    }

    fn apply(_: Key, row: Option<Rubric>, event: &Heard, envelope: &Envelope) -> Option<Rubric> {
        let Heard::Rubric(RubricEvent::RubricPublished(event)) = event;
        let mut versions = row.map(|row| row.versions).unwrap_or_default();
        versions.push(RubricVersion {
            version: event.version,
            name: event.name.clone(),
            criteria: event.criteria.clone(),
            published_at: envelope.occurred_at,
        });
        Some(Rubric {
            rubric: event.rubric,
            versions,
        })
    }

    fn columns(_: &Rubric) -> Vec<Value> {
        Vec::new()
    }
}

/// Several rubrics in the order asked, by one statement.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_ids(
    db: &Db,
    tenant: OrganisationId,
    rubrics: &[RubricId],
) -> Result<Vec<Option<Stored<Rubric>>>, DbError> {
    let keys: Vec<Key> = rubrics.iter().copied().map(Key::of).collect();
    list::by_keys::<Rubrics>(db, tenant, &keys).await
}

/// Every rubric of the organisation.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn all(db: &Db, tenant: OrganisationId) -> Result<Vec<Stored<Rubric>>, DbError> {
    list::all::<Rubrics>(db, tenant, &Condition::All(Vec::new())).await
}
