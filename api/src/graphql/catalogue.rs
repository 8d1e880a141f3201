//! Price lists, rubrics and kits.

use std::collections::HashMap;

use async_graphql::{Context, ID, Result, SimpleObject};
use domain::{
    ids::{InterviewKitId, PriceListId, RubricId},
    interview_kit::events::{self as kit, KitPin},
};
use projections::{
    interview_kits::{self, InterviewKits, KitVersion},
    price_lists,
    rubrics::{self, RubricVersion},
};

use super::{
    as_of::{Past, then},
    enums::Difficulty,
    scalars::{DateTime, Money},
    scorecard::Criterion,
    services::services,
    user_error::int,
    viewer::Viewer,
};
use crate::error::ApiError;

/// The price of one difficulty.
#[derive(SimpleObject, Clone, Debug)]
pub struct PriceItem {
    /// For which difficulty.
    difficulty: Difficulty,
    /// Minutes of interview that it pays for.
    minutes: i32,
    /// What the candidate pays.
    price: Money,
    /// What it costs the organisation.
    cost: Money,
}

/// A list of prices, in its newest version; only for those who run interviews.
#[derive(SimpleObject, Clone, Debug)]
pub struct PriceList {
    /// The list's id.
    id: ID,
    /// Its version, from 1.
    version: i32,
    /// What it is called.
    name: String,
    /// One price for each difficulty offered.
    items: Vec<PriceItem>,
}

impl PriceList {
    /// The list with an id, in its newest version.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn load(ctx: &Context<'_>, viewer: &Viewer, id: PriceListId) -> Result<Option<Self>> {
        let found = price_lists::by_ids(services(ctx).db(), viewer.tenant, &[id]).await;
        let row = found.map_err(ApiError::unavailable)?.into_iter().flatten().next();
        Ok(row.and_then(|stored| {
            let version = stored.row.versions.last()?;
            let item = |item: &domain::price_list::events::PriceItem| PriceItem {
                difficulty: item.difficulty.into(),
                minutes: int(item.minutes),
                price: item.price.into(),
                cost: item.cost.into(),
            };
            Some(Self {
                id: id.to_string().into(),
                version: int(version.version),
                name: version.name.to_string(),
                items: version.items.iter().map(item).collect(),
            })
        }))
    }
}

/// One version of rating criteria: the newest, unless something keeps another.
#[derive(SimpleObject, Clone, Debug)]
pub struct Rubric {
    /// The rubric's id.
    id: ID,
    /// Its version, from 1.
    version: i32,
    /// What it is called.
    name: String,
    /// What is rated.
    criteria: Vec<Criterion>,
}

impl Rubric {
    /// The rubric with an id, in its newest version.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn load(ctx: &Context<'_>, viewer: &Viewer, id: RubricId) -> Result<Option<Self>> {
        let found = rubrics::by_ids(services(ctx).db(), viewer.tenant, &[id]).await;
        let row = found.map_err(ApiError::unavailable)?.into_iter().flatten().next();
        Ok(row.and_then(|stored| Some(Self::of(id, stored.row.versions.last()?))))
    }

    fn of(id: RubricId, version: &RubricVersion) -> Self {
        Self {
            id: id.to_string().into(),
            version: int(version.version),
            name: version.name.to_string(),
            criteria: version.criteria.iter().map(Criterion::from).collect(),
        }
    }
}

/// A part of an interview.
#[derive(SimpleObject, Clone, Debug)]
pub struct KitSection {
    /// What it is called, unique in the kit.
    title: String,
    /// Minutes it takes.
    minutes: i32,
    /// What whoever interviews is to do in it.
    instructions: Option<String>,
}

impl From<&kit::KitSection> for KitSection {
    fn from(section: &kit::KitSection) -> Self {
        Self {
            title: section.title.to_string(),
            minutes: int(section.minutes),
            instructions: section.instructions.as_ref().map(ToString::to_string),
        }
    }
}

/// One version of the plan of an interview, for whoever interviews; never for candidates. Id and version together
/// name it.
#[derive(SimpleObject, Clone, Debug)]
pub struct Kit {
    /// The kit's id.
    id: ID,
    /// Its version, from 1.
    version: i32,
    /// What it is called.
    name: String,
    /// The industry that it is made for; null when it is for any.
    industry: Option<String>,
    /// Minutes that all parts take together.
    minutes: i32,
    /// The parts, in order.
    sections: Vec<KitSection>,
    /// What the interview is rated by, in the version that the kit names; null when the kit does not say.
    rubric: Option<Rubric>,
    /// Since when this version is in use.
    published_at: DateTime,
}

impl Kit {
    /// The newest versions of kits, now or then, of those that the organisation has, and had.
    ///
    /// # Errors
    /// When the tables or the log cannot be read.
    pub async fn newest(
        ctx: &Context<'_>,
        viewer: &Viewer,
        ids: &[InterviewKitId],
        past: Option<Past>,
    ) -> Result<HashMap<InterviewKitId, Self>> {
        let found = interview_kits::by_ids(services(ctx).db(), viewer.tenant, ids).await;
        let mut rows = Vec::with_capacity(ids.len());
        for now in found.map_err(ApiError::unavailable)?.into_iter().flatten() {
            let row = then::<InterviewKits>(ctx, past, now).await?;
            rows.extend(row.map(|stored| stored.row));
        }
        let newest = rows.iter().filter_map(|row| Some((row.kit, row.newest()?)));
        let newest: Vec<_> = newest.collect();
        let told = Self::told(ctx, viewer, &newest).await?;
        Ok(newest.into_iter().map(|(id, _)| id).zip(told).collect())
    }

    /// The versions that interviews keep, by two statements at most. What was published never changes, so that a
    /// version is told of any moment alike.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn kept(ctx: &Context<'_>, viewer: &Viewer, pins: &[KitPin]) -> Result<HashMap<KitPin, Self>> {
        let mut ids: Vec<_> = pins.iter().map(|pin| pin.kit).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = interview_kits::by_ids(services(ctx).db(), viewer.tenant, &ids).await;
        let found: HashMap<_, _> = found
            .map_err(ApiError::unavailable)?
            .into_iter()
            .flatten()
            .map(|stored| (stored.row.kit, stored.row))
            .collect();
        let version = |pin: &KitPin| Some((*pin, found.get(&pin.kit)?.version(pin.version)?));
        let kept: Vec<_> = pins.iter().filter_map(version).collect();
        let versions: Vec<_> = kept.iter().map(|(pin, version)| (pin.kit, *version)).collect();
        let told = Self::told(ctx, viewer, &versions).await?;
        Ok(kept.into_iter().map(|(pin, _)| pin).zip(told).collect())
    }

    /// Versions of kits, in the order given, with their rubrics by one statement.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn told(
        ctx: &Context<'_>,
        viewer: &Viewer,
        versions: &[(InterviewKitId, &KitVersion)],
    ) -> Result<Vec<Self>> {
        let pins = versions.iter().filter_map(|(_, version)| version.spec.rubric);
        let mut ids: Vec<_> = pins.map(|pin| pin.rubric).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = rubrics::by_ids(services(ctx).db(), viewer.tenant, &ids).await;
        let rubrics: HashMap<_, _> = found
            .map_err(ApiError::unavailable)?
            .into_iter()
            .flatten()
            .map(|stored| (stored.row.rubric, stored.row))
            .collect();
        let told = versions.iter().map(|(id, version)| {
            let spec = &version.spec;
            let rubric = spec.rubric.and_then(|pin| {
                let mut known = rubrics.get(&pin.rubric)?.versions.iter();
                let kept = known.find(|known| known.version == pin.version)?;
                Some(Rubric::of(pin.rubric, kept))
            });
            Self {
                id: id.to_string().into(),
                version: int(version.version),
                name: spec.name.to_string(),
                industry: spec.industry.as_ref().map(ToString::to_string),
                minutes: int(spec.minutes()),
                sections: spec.sections.iter().map(KitSection::from).collect(),
                rubric,
                published_at: version.published_at.into(),
            }
        });
        Ok(told.collect())
    }
}
