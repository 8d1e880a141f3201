//! The machinery, for admins.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use domain::ids::OrganisationId;
use projections::status::{Build, Overview, Status};

use super::{
    connection::{Cursor, Page, PageInfo, page},
    effects_overview::{self, DeadLetterPlace, DeadLetters},
    parked::ParkedEventConnection,
    scalars::{DateTime, Position},
    services::services,
    user_error::int,
    viewer::Viewer,
};
use crate::error::ApiError;

/// Dead letters have one order and no filter, so their cursors are bound to nothing that changes.
const BINDING: u64 = 0x6465_6164;

/// How far a read model is.
#[derive(SimpleObject, Clone, Debug)]
pub struct ReadModelStatus {
    /// Its name.
    name: String,
    /// The last event that is folded in.
    position: Position,
    /// How many events of the log are not folded in yet; where positions have gaps, at most so many.
    lag_events: i32,
    /// Since when the first event that is not folded in waits; null when there is none.
    behind_since: Option<DateTime>,
    /// Events that were folded in a second, over the last ten; null before it is known.
    events_per_second: Option<f64>,
    /// True while the table was made by an older version, and serves until the new one has caught up.
    rebuilding: bool,
    /// The table that is built beside the live one; null when none is.
    rebuild: Option<Rebuild>,
    /// How many keys wait because of an event that could not be folded.
    parked: i32,
}

/// A table of a read model that is built beside the live one.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct Rebuild {
    /// The last event that is folded in.
    position: Position,
    /// The last event of the log at present.
    total: Position,
    /// Events that were folded in a second, over the last ten; null before it is known.
    events_per_second: Option<f64>,
    /// Seconds that the rest takes at this rate; null while nothing moves.
    seconds_left: Option<f64>,
}

impl Rebuild {
    fn of(build: Build, head: domain::envelope::Position) -> Self {
        let left = head.0.saturating_sub(build.position.0) as f64;
        Self {
            position: Position(build.position),
            total: Position(head),
            events_per_second: build.rate,
            seconds_left: build.rate.filter(|rate| *rate > 0.0).map(|rate| left / rate),
        }
    }
}

impl ReadModelStatus {
    fn of(status: &Status, head: domain::envelope::Position) -> Self {
        Self {
            name: status.model.to_owned(),
            position: Position(status.position),
            lag_events: int(status.lag),
            behind_since: status.behind_since.map(DateTime),
            events_per_second: status.rate,
            rebuilding: status.rebuilding,
            rebuild: status.build.map(|build| Rebuild::of(build, head)),
            parked: int(status.parked.len()),
        }
    }
}

/// The organisation's deeds in the outside world.
#[derive(SimpleObject, Clone, Copy, Debug)]
#[graphql(complex)]
pub struct EffectStatus {
    /// Still to be done, due or not.
    open: i32,
    /// Given up; a person should look.
    dead: i32,
    #[graphql(skip)]
    tenant: OrganisationId,
}

/// A deed in the outside world that was given up. `retryEffect` has it tried again.
#[derive(SimpleObject, Clone, Debug)]
pub struct DeadLetter {
    /// The effect's id.
    id: ID,
    /// Name of what was to be done, such as `send_mail`.
    deed: String,
    /// The interview it is for; null when it is for none.
    interview_id: Option<ID>,
    /// How often it was tried.
    attempts: i32,
    /// Short code of the last failure.
    code: String,
    /// True when a call was made and nobody knows whether it took effect: look there before it is tried again.
    in_doubt: bool,
}

/// A dead letter and its place in the list.
#[derive(SimpleObject, Clone, Debug)]
pub struct DeadLetterEdge {
    /// Its place.
    cursor: Cursor,
    /// The dead letter.
    node: DeadLetter,
}

/// A part of the dead letters.
#[derive(SimpleObject, Clone, Debug)]
pub struct DeadLetterConnection {
    /// In the order in which they were wanted.
    edges: Vec<DeadLetterEdge>,
    /// Where the part lies in the list.
    page_info: PageInfo,
    /// How many there are in all.
    total_count: i32,
}

#[ComplexObject]
impl EffectStatus {
    /// What was given up, in the order in which it was wanted.
    async fn dead_letters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Goes on behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many of the last ones, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Ends before this place.")] before: Option<Cursor>,
    ) -> Result<DeadLetterConnection> {
        let page = page(first, after, last, before, BINDING)?;
        let (part, most, continued) = part(&page);
        let effects = &services(ctx).effects;
        let mut found = effects
            .dead_letters(self.tenant, part)
            .await
            .map_err(ApiError::unavailable)?;
        let more = found.len() as u64 > most;
        let (has_next_page, has_previous_page) = match page {
            Page::Forward { .. } => {
                found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
                (more, continued)
            }
            Page::Backward { .. } => {
                found.drain(..usize::from(more));
                (continued, more)
            }
        };
        let edges: Vec<_> = found.into_iter().map(DeadLetterEdge::from).collect();
        Ok(DeadLetterConnection {
            page_info: PageInfo {
                has_next_page,
                has_previous_page,
                start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            },
            edges,
            total_count: self.dead,
        })
    }
}

/// What to ask for: one more than the page has, to know whether others follow; and whether it goes on from a place.
fn part(page: &Page) -> (DeadLetters, u64, bool) {
    let count = |most: u64| u32::try_from(most).unwrap_or(u32::MAX).saturating_add(1);
    let place = |cursor: &Option<Cursor>| cursor.as_ref().and_then(place);
    match page {
        Page::Forward { after, first } => (
            DeadLetters::After(place(after), count(*first)),
            *first,
            after.is_some(),
        ),
        Page::Backward { before, last } => (
            DeadLetters::Before(place(before), count(*last)),
            *last,
            before.is_some(),
        ),
    }
}

fn place(cursor: &Cursor) -> Option<DeadLetterPlace> {
    Some(DeadLetterPlace {
        position: u64::try_from(cursor.sort).ok()?,
        effect: cursor.key.parse().ok()?,
    })
}

impl From<effects_overview::DeadLetter> for DeadLetterEdge {
    fn from(dead: effects_overview::DeadLetter) -> Self {
        let id = dead.place.effect.to_string();
        Self {
            cursor: Cursor {
                binding: BINDING,
                sort: i64::try_from(dead.place.position).unwrap_or(i64::MAX),
                key: id.clone(),
            },
            node: DeadLetter {
                id: id.into(),
                deed: dead.deed.to_owned(),
                interview_id: dead.interview.map(|interview| interview.to_string().into()),
                attempts: int(dead.attempts),
                code: dead.code,
                in_doubt: dead.in_doubt,
            },
        }
    }
}

/// The machinery.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct System {
    /// The last position of the log.
    head: Position,
    /// How far each read model is.
    read_models: Vec<ReadModelStatus>,
    /// The organisation's deeds in the outside world.
    effects: EffectStatus,
    #[graphql(skip)]
    tenant: OrganisationId,
}

#[ComplexObject]
impl System {
    /// Events of the organisation that read models could not fold, and what waits for them.
    async fn parked_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Goes on behind this place.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many of the last ones, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Ends before this place.")] before: Option<Cursor>,
    ) -> Result<ParkedEventConnection> {
        let parked = services(ctx).projections.parked(Some(self.tenant)).await;
        ParkedEventConnection::page(parked.map_err(ApiError::unavailable)?, first, after, last, before)
    }
}

impl System {
    /// How it is now, as far as the viewer's organisation is concerned.
    ///
    /// # Errors
    /// When a database cannot be read.
    pub async fn load(ctx: &Context<'_>, viewer: &Viewer) -> Result<Self> {
        let services = services(ctx);
        let overview = services.projections.overview().await;
        let Overview { head, models } = overview.map_err(ApiError::unavailable)?;
        let counts = services.effects.counts(viewer.tenant).await;
        let counts = counts.map_err(ApiError::unavailable)?;
        Ok(Self {
            head: Position(head),
            read_models: models
                .iter()
                .map(|status| ReadModelStatus::of(status, head))
                .collect(),
            effects: EffectStatus {
                open: int(counts.open),
                dead: int(counts.dead),
                tenant: viewer.tenant,
            },
            tenant: viewer.tenant,
        })
    }
}
