//! Events as rows of SQLite and PostgreSQL: one builder of queries, one way to read a row, one way to page.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    envelope::{Envelope, Position, Recorded, StreamId},
    fact::Category,
    ids::{CommandId, CorrelationId, EventId, OrganisationId, SubjectId},
    time::Instant,
};
use futures::{StreamExt, TryStreamExt, stream};
use sqlx::{ColumnIndex, Database, Decode, Encode, QueryBuilder, Row, Type};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use crate::{
    appender::Trouble,
    batch::Head,
    log::{Direction, Events, Filter, Query, ReadError, Receipt},
};

/// Most events of the first page of a read: most reads end in it.
const FIRST_PAGE_EVENTS: u64 = 500;

/// Most events of each further page.
const PAGE_EVENTS: u64 = 2_000;

/// A page ends early once its payloads have so many bytes, so that memory is bounded by this and one payload.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// What `kind` in `event_links` says.
pub(crate) mod link_kind {
    /// A thing the event belongs to.
    pub(crate) const LINK: i16 = 1;
    /// A person whose sealed data is in it.
    pub(crate) const SUBJECT: i16 = 2;
    /// The request an event follows from; on SQLite only.
    pub(crate) const CORRELATION: i16 = 3;
    /// The organisation an event belongs to; on SQLite only.
    pub(crate) const TENANT: i16 = 4;
}

/// Names of the tables in one database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tables {
    pub(crate) events: &'static str,
    pub(crate) links: &'static str,
    /// True when events of an organisation and of a request are found by links, false when by an index of the column.
    pub(crate) links_everything: bool,
    /// What is put around a subquery of positions, so that it is answered first and events are looked up one by one
    /// afterwards, whatever is believed of how many there are.
    pub(crate) one_of: (&'static str, &'static str),
}

/// Where reading continues.
#[derive(Clone, Copy, Debug)]
struct Seen {
    position: Position,
    version: u64,
}

/// One step of a read.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    query: Query,
    seen: Option<Seen>,
    left: Option<u64>,
}

/// The events of one step, and whether there may be more.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) events: Vec<Recorded>,
    pub(crate) ended_early: bool,
    bytes: usize,
}

impl Found {
    /// Nothing yet, with room for what a further step of a long read finds.
    pub(crate) fn many() -> Self {
        Self {
            events: Vec::with_capacity(usize::try_from(PAGE_EVENTS).expect("a page fits into memory")),
            ..Self::default()
        }
    }

    /// Adds an event; false when the step ends early with it.
    pub(crate) fn add(&mut self, event: Recorded) -> bool {
        self.bytes += event.payload.len();
        self.events.push(event);
        self.ended_early = self.bytes >= PAGE_BYTES;
        !self.ended_early
    }
}

/// A back end that reads step by step.
#[async_trait]
pub(crate) trait Pages: Clone + Send + Sync + 'static {
    /// The events of one step.
    async fn page(&self, page: &Page) -> Result<Found, ReadError>;

    /// The same without waiting for anybody, if it is a step that can be had so.
    fn at_once(&self, _page: &Page) -> Option<Result<Found, ReadError>> {
        None
    }

    /// How a step is read by blocking the thread, if that is how such steps are read: one thread then reads them all.
    fn blocking(&self, _page: &Page) -> Option<Blocking<Self>> {
        None
    }
}

/// Reads a step and blocks the thread.
pub(crate) type Blocking<P> = fn(&P, &Page) -> Result<Found, ReadError>;

/// Steps that wait for a caller, beside the one that it looks at and the one that is being read.
const STEPS_AHEAD: usize = 1;

/// What comes of a read.
enum Steps<P> {
    /// The first step, not yet asked for: most reads end in it.
    First(P, Page),
    /// Further steps, read by a task of their own.
    Further(mpsc::Receiver<Result<Found, ReadError>>, AbortOnDropHandle<()>),
}

impl<P: Pages> Steps<P> {
    fn further(pages: P, first: Page) -> Self {
        let (steps, coming) = mpsc::channel(STEPS_AHEAD);
        let reading = match pages.blocking(&first) {
            Some(read) => tokio::task::spawn_blocking(move || {
                let mut step = Some(first);
                while let Some(page) = step {
                    let found = read(&pages, &page);
                    step = page.after(&found);
                    if steps.blocking_send(found).is_err() {
                        return;
                    }
                }
            }),
            None => tokio::spawn(async move {
                let mut step = Some(first);
                while let Some(page) = step {
                    let found = pages.page(&page).await;
                    step = page.after(&found);
                    if steps.send(found).await.is_err() {
                        return;
                    }
                }
            }),
        };
        Self::Further(coming, AbortOnDropHandle::new(reading))
    }

    /// The events of the next step, and what comes after it; nothing after the last.
    async fn next(self) -> Result<Option<(Vec<Recorded>, Option<Self>)>, ReadError> {
        match self {
            Self::First(pages, page) => {
                let found = match pages.at_once(&page) {
                    Some(found) => found?,
                    None => pages.page(&page).await?,
                };
                let next = page.next(&found);
                Ok(Some((found.events, next.map(|next| Self::further(pages, next)))))
            }
            Self::Further(mut coming, reading) => match coming.recv().await {
                Some(found) => Ok(Some((found?.events, Some(Self::Further(coming, reading))))),
                // Either that was all, or the task did not come to its end.
                None => match reading.await {
                    Ok(()) => Ok(None),
                    Err(stopped) => Err(ReadError::Unavailable(stopped.into())),
                },
            },
        }
    }
}

/// Reads step by step, so that nothing is held in the database while the caller thinks; steps behind the one that the
/// caller looks at are read meanwhile. They fit together because what is at or before a position never changes.
pub(crate) fn read<P: Pages>(pages: P, query: Query) -> Events<'static> {
    let first = Page {
        seen: None,
        left: query.limit,
        query,
    };
    let first = (first.size() > 0).then_some(Steps::First(pages, first));
    stream::try_unfold(first, |steps| async move {
        let Some(steps) = steps else {
            return Ok::<_, ReadError>(None);
        };
        let found = steps.next().await?;
        Ok(found.map(|(events, steps)| (stream::iter(events.into_iter().map(Ok)), steps)))
    })
    .try_flatten()
    .boxed()
}

impl Page {
    /// The stream whose beginning is asked for, if it is that.
    pub(crate) fn beginning_of(&self) -> Option<(StreamId, Direction)> {
        match self.query.filter {
            Filter::Stream(stream) if self.seen.is_none() => Some((stream, self.query.direction)),
            Filter::Stream(_)
            | Filter::All
            | Filter::Tenant(_)
            | Filter::Category { .. }
            | Filter::Categories(_)
            | Filter::Type(_)
            | Filter::Link { .. }
            | Filter::Subject(_)
            | Filter::Correlation(_) => None,
        }
    }

    /// True when what is asked for is found by looking at one event after the other.
    pub(crate) const fn goes_through_everything(&self) -> bool {
        match self.query.filter {
            Filter::All | Filter::Categories(_) => true,
            Filter::Stream(_)
            | Filter::Tenant(_)
            | Filter::Category { .. }
            | Filter::Type(_)
            | Filter::Link { .. }
            | Filter::Subject(_)
            | Filter::Correlation(_) => false,
        }
    }

    /// True for the first step of a read: most reads end in it.
    pub(crate) const fn is_first(&self) -> bool {
        self.seen.is_none()
    }

    /// In which order events are asked for.
    pub(crate) const fn direction(&self) -> Direction {
        self.query.direction
    }

    /// The categories that are asked for, unless it is all of them.
    pub(crate) fn categories(&self) -> Option<&[Category]> {
        match &self.query.filter {
            Filter::Categories(categories) => Some(categories),
            Filter::All
            | Filter::Stream(_)
            | Filter::Tenant(_)
            | Filter::Category { .. }
            | Filter::Type(_)
            | Filter::Link { .. }
            | Filter::Subject(_)
            | Filter::Correlation(_) => None,
        }
    }

    /// At most so many events.
    pub(crate) fn size(&self) -> u64 {
        let most = self.seen.map_or(FIRST_PAGE_EVENTS, |_| PAGE_EVENTS);
        self.left.map_or(most, |left| left.min(most))
    }

    /// The step after this one and what it found, if there may be more.
    fn after(&self, found: &Result<Found, ReadError>) -> Option<Self> {
        found.as_ref().ok().and_then(|found| self.next(found))
    }

    /// The step after this one, if there may be more.
    fn next(&self, found: &Found) -> Option<Self> {
        let count = found.events.len() as u64;
        let last = &found.events.last()?.envelope;
        let is_last = count < self.size() && !found.ended_early;
        let next = Self {
            query: self.query.clone(),
            seen: Some(Seen {
                position: last.position,
                version: last.version,
            }),
            left: self.left.map(|left| left.saturating_sub(count)),
        };
        (!is_last && next.size() > 0).then_some(next)
    }

    /// The exclusive lower and inclusive upper bound of positions, as far as there are any.
    pub(crate) fn bounds(&self) -> (Option<i64>, Option<i64>) {
        let behind = self.seen.map(|seen| seen.position).or(self.query.after);
        let until = self.query.until;
        match self.query.direction {
            Direction::Forward => (behind.map(stored), until.map(stored)),
            Direction::Backward => {
                let before = behind.map(|position| Position(position.0.saturating_sub(1)));
                let upper = before.map_or(until, |before| {
                    Some(until.map_or(before, |until| until.min(before)))
                });
                (None, upper.map(stored))
            }
        }
    }
}

/// The statement for one step.
pub(crate) fn select<DB: Database>(tables: Tables, page: &Page) -> QueryBuilder<DB>
where
    for<'t> Uuid: Encode<'t, DB> + Type<DB>,
    for<'t> i64: Encode<'t, DB> + Type<DB>,
    for<'t> i16: Encode<'t, DB> + Type<DB>,
    for<'t> String: Encode<'t, DB> + Type<DB>,
    for<'t> &'t str: Encode<'t, DB> + Type<DB>,
{
    let mut sql = QueryBuilder::new(
        "select position, tenant, category, stream_id, version, event_id, type, schema_version, occurred_at, \
         recorded_at, actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, payload from ",
    );
    sql.push(tables.events).push(" where true");
    match &page.query.filter {
        Filter::All => {}
        Filter::Tenant(tenant) if tables.links_everything => {
            push_linked_page(&mut sql, tables, page, tenant.uuid(), link_kind::TENANT);
        }
        Filter::Tenant(tenant) => {
            sql.push(" and tenant = ").push_bind(tenant.uuid());
        }
        Filter::Category { category, tenant } => {
            sql.push(" and category = ").push_bind(category.name());
            if let Some(tenant) = tenant {
                sql.push(" and tenant = ").push_bind(tenant.uuid());
            }
        }
        Filter::Categories(categories) => push_categories(&mut sql, categories),
        Filter::Type(name) => {
            sql.push(" and type = ").push_bind(name.clone());
        }
        Filter::Stream(stream) => push_stream(&mut sql, stream, page),
        Filter::Link { tenant, link } => {
            sql.push(" and tenant = ").push_bind(tenant.uuid());
            push_belonging(&mut sql, tables, page, *tenant, *link);
        }
        Filter::Subject(subject) => {
            push_linked_page(&mut sql, tables, page, subject.uuid(), link_kind::SUBJECT);
        }
        Filter::Correlation(request) if tables.links_everything => {
            push_linked_page(&mut sql, tables, page, request.uuid(), link_kind::CORRELATION);
        }
        Filter::Correlation(correlation) => {
            sql.push(" and correlation_id = ").push_bind(correlation.uuid());
        }
    }
    push_bounds(&mut sql, page);
    // A stream is ordered by version, which is the same order, because that is how its index is.
    sql.push(match page.query.filter {
        Filter::Stream(_) => " order by version",
        Filter::All
        | Filter::Tenant(_)
        | Filter::Category { .. }
        | Filter::Categories(_)
        | Filter::Type(_)
        | Filter::Link { .. }
        | Filter::Subject(_)
        | Filter::Correlation(_) => " order by position",
    });
    sql.push(direction(page));
    sql.push(" limit ").push_bind(number(page.size()));
    sql
}

fn push_categories<DB: Database>(sql: &mut QueryBuilder<DB>, categories: &[Category])
where
    for<'t> &'t str: Encode<'t, DB> + Type<DB>,
{
    // Beside a value that is none, so that the list is never empty.
    sql.push(" and category in (null");
    for category in categories {
        sql.push(", ").push_bind(category.name());
    }
    sql.push(")");
}

fn push_stream<DB: Database>(sql: &mut QueryBuilder<DB>, stream: &StreamId, page: &Page)
where
    for<'t> Uuid: Encode<'t, DB> + Type<DB>,
    for<'t> i64: Encode<'t, DB> + Type<DB>,
    for<'t> &'t str: Encode<'t, DB> + Type<DB>,
{
    sql.push(" and tenant = ").push_bind(stream.tenant.uuid());
    sql.push(" and category = ").push_bind(stream.category.name());
    sql.push(" and stream_id = ").push_bind(stream.id);
    // Beside the bound of positions, so that the index is entered where the page begins.
    if let Some(seen) = page.seen {
        sql.push(match page.query.direction {
            Direction::Forward => " and version > ",
            Direction::Backward => " and version < ",
        });
        sql.push_bind(number(seen.version));
    }
}

/// The streams of an id. It has one in few categories, but with each of them named the index of streams serves.
fn push_own_streams<DB: Database>(sql: &mut QueryBuilder<DB>, tenant: OrganisationId, id: Uuid)
where
    for<'t> Uuid: Encode<'t, DB> + Type<DB>,
    for<'t> &'t str: Encode<'t, DB> + Type<DB>,
{
    sql.push(" where tenant = ").push_bind(tenant.uuid());
    sql.push(" and category in (");
    let mut names = sql.separated(", ");
    for category in Category::ALL {
        names.push_bind(category.name());
    }
    sql.push(") and stream_id = ").push_bind(id);
}

fn push_linked<DB: Database>(sql: &mut QueryBuilder<DB>, tables: Tables, page: &Page, id: Uuid, kind: i16)
where
    for<'t> Uuid: Encode<'t, DB> + Type<DB>,
    for<'t> i64: Encode<'t, DB> + Type<DB>,
    for<'t> i16: Encode<'t, DB> + Type<DB>,
{
    sql.push("select position from ").push(tables.links);
    sql.push(" as l where id = ").push_bind(id);
    sql.push(" and kind = ").push_bind(kind);
    push_bounds(sql, page);
}

/// The links of an id are all that is asked for, so the page is decided among them.
fn push_linked_page<DB: Database>(
    sql: &mut QueryBuilder<DB>,
    tables: Tables,
    page: &Page,
    id: Uuid,
    kind: i16,
) where
    for<'t> Uuid: Encode<'t, DB> + Type<DB>,
    for<'t> i64: Encode<'t, DB> + Type<DB>,
    for<'t> i16: Encode<'t, DB> + Type<DB>,
{
    sql.push(tables.one_of.0);
    push_linked(sql, tables, page, id, kind);
    push_end(sql, page);
    sql.push(tables.one_of.1);
}

/// The page of what belongs to an id of an organisation: what is linked to it, and its own streams. A person may be known
/// to several organisations, so whose it is counts before the page is full.
fn push_belonging<DB: Database>(
    sql: &mut QueryBuilder<DB>,
    tables: Tables,
    page: &Page,
    tenant: OrganisationId,
    id: Uuid,
) where
    for<'t> Uuid: Encode<'t, DB> + Type<DB>,
    for<'t> i64: Encode<'t, DB> + Type<DB>,
    for<'t> i16: Encode<'t, DB> + Type<DB>,
    for<'t> &'t str: Encode<'t, DB> + Type<DB>,
{
    sql.push(tables.one_of.0);
    sql.push("select position from (select position from (");
    push_linked(sql, tables, page, id, link_kind::LINK);
    sql.push(" and exists (select 1 from ").push(tables.events);
    sql.push(" as e where e.position = l.position and e.tenant = ")
        .push_bind(tenant.uuid());
    sql.push(")");
    push_end(sql, page);
    sql.push(") as linked union select position from ")
        .push(tables.events);
    push_own_streams(sql, tenant, id);
    push_bounds(sql, page);
    sql.push(") as belonging");
    push_end(sql, page);
    sql.push(tables.one_of.1);
}

/// Order and size of a page by position.
fn push_end<DB: Database>(sql: &mut QueryBuilder<DB>, page: &Page)
where
    for<'t> i64: Encode<'t, DB> + Type<DB>,
{
    sql.push(" order by position");
    sql.push(direction(page));
    sql.push(" limit ").push_bind(number(page.size()));
}

const fn direction(page: &Page) -> &'static str {
    match page.query.direction {
        Direction::Forward => "",
        Direction::Backward => " desc",
    }
}

fn push_bounds<DB: Database>(sql: &mut QueryBuilder<DB>, page: &Page)
where
    for<'t> i64: Encode<'t, DB> + Type<DB>,
{
    let (above, up_to) = page.bounds();
    if let Some(above) = above {
        sql.push(" and position > ").push_bind(above);
    }
    if let Some(up_to) = up_to {
        sql.push(" and position <= ").push_bind(up_to);
    }
}

/// What a row of [`select`] holds, in its order.
pub(crate) struct Columns<'r> {
    pub(crate) position: i64,
    pub(crate) tenant: Uuid,
    pub(crate) category: &'r str,
    pub(crate) stream_id: Uuid,
    pub(crate) version: i64,
    pub(crate) event_id: Uuid,
    pub(crate) event_type: &'r str,
    pub(crate) schema_version: i32,
    pub(crate) occurred_at: i64,
    pub(crate) recorded_at: i64,
    pub(crate) actor: &'r str,
    pub(crate) command_id: Uuid,
    pub(crate) correlation_id: Uuid,
    pub(crate) causation_id: Option<Uuid>,
    pub(crate) subjects: &'r [u8],
    pub(crate) links: &'r [u8],
    pub(crate) trace: Option<&'r str>,
    pub(crate) hash: &'r [u8],
    pub(crate) payload: &'r [u8],
}

impl<'r> Columns<'r> {
    fn of<R: Row>(row: &'r R) -> Result<Self, sqlx::Error>
    where
        usize: ColumnIndex<R>,
        i32: Decode<'r, R::Database> + Type<R::Database>,
        i64: Decode<'r, R::Database> + Type<R::Database>,
        &'r str: Decode<'r, R::Database> + Type<R::Database>,
        Uuid: Decode<'r, R::Database> + Type<R::Database>,
        &'r [u8]: Decode<'r, R::Database> + Type<R::Database>,
        Option<Uuid>: Decode<'r, R::Database> + Type<R::Database>,
        Option<&'r str>: Decode<'r, R::Database> + Type<R::Database>,
    {
        Ok(Self {
            position: row.try_get(0)?,
            tenant: row.try_get(1)?,
            category: row.try_get(2)?,
            stream_id: row.try_get(3)?,
            version: row.try_get(4)?,
            event_id: row.try_get(5)?,
            event_type: row.try_get(6)?,
            schema_version: row.try_get(7)?,
            occurred_at: row.try_get(8)?,
            recorded_at: row.try_get(9)?,
            actor: row.try_get(10)?,
            command_id: row.try_get(11)?,
            correlation_id: row.try_get(12)?,
            causation_id: row.try_get(13)?,
            subjects: row.try_get(14)?,
            links: row.try_get(15)?,
            trace: row.try_get(16)?,
            hash: row.try_get(17)?,
            payload: row.try_get(18)?,
        })
    }

    /// The event, if every column says something.
    pub(crate) fn event(self) -> Result<Recorded, ReadError> {
        let position = Position(unsigned(self.position));
        let corrupt = |what: &str| ReadError::Corrupt {
            position,
            what: what.to_owned(),
        };
        let category = Category::from_name(self.category);
        let envelope = Envelope {
            position,
            stream: StreamId {
                tenant: OrganisationId::new(self.tenant),
                category: category.ok_or_else(|| corrupt("its category is not known"))?,
                id: self.stream_id,
            },
            version: unsigned(self.version),
            event_id: EventId::new(self.event_id),
            event_type: self.event_type.to_owned(),
            schema_version: u16::try_from(self.schema_version).map_err(|_| corrupt("its schema version"))?,
            occurred_at: moment(self.occurred_at).ok_or_else(|| corrupt("when it occurred"))?,
            recorded_at: moment(self.recorded_at).ok_or_else(|| corrupt("when it was recorded"))?,
            actor: serde_json::from_str(self.actor).map_err(|_| corrupt("its actor"))?,
            command_id: CommandId::new(self.command_id),
            correlation_id: CorrelationId::new(self.correlation_id),
            causation_id: self.causation_id.map(EventId::new),
            subjects: ids(self.subjects)
                .ok_or_else(|| corrupt("its subjects"))?
                .map(SubjectId::new)
                .collect(),
            links: ids(self.links).ok_or_else(|| corrupt("its links"))?.collect(),
            trace: self.trace.map(str::to_owned),
            hash: self.hash.try_into().map_err(|_| corrupt("its hash"))?,
        };
        Ok(Recorded {
            envelope,
            payload: self.payload.into(),
        })
    }
}

/// Reads an event from a row of [`select`].
pub(crate) fn recorded<'r, R: Row>(row: &'r R) -> Result<Recorded, ReadError>
where
    usize: ColumnIndex<R>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    &'r [u8]: Decode<'r, R::Database> + Type<R::Database>,
    Option<Uuid>: Decode<'r, R::Database> + Type<R::Database>,
    Option<&'r str>: Decode<'r, R::Database> + Type<R::Database>,
{
    let position = row
        .try_get(0)
        .map_or(Position::START, |position| Position(unsigned(position)));
    Columns::of(row).map_err(unreadable(position))?.event()
}

/// Reads a receipt from the columns command_id, tenant, input_hash, first_position, position, result, recorded_at,
/// of which the first is at index `from`.
pub(crate) fn receipt<'r, R: Row>(row: &'r R, from: usize) -> Result<Receipt, ReadError>
where
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
{
    let position = unsigned(
        row.try_get::<i64, _>(from + 4)
            .map_err(unreadable(Position::START))?,
    );
    let position = Position(position);
    let bad = unreadable(position);
    let corrupt = |what: &str| ReadError::Corrupt {
        position,
        what: what.to_owned(),
    };
    let input_hash: Vec<u8> = row.try_get(from + 2).map_err(&bad)?;
    let first: Option<i64> = row.try_get(from + 3).map_err(&bad)?;
    Ok(Receipt {
        command_id: CommandId::new(row.try_get(from).map_err(&bad)?),
        tenant: OrganisationId::new(row.try_get(from + 1).map_err(&bad)?),
        input_hash: input_hash
            .try_into()
            .map_err(|_| corrupt("a receipt's input hash"))?,
        first: first.map(unsigned).map(Position),
        position,
        result: row.try_get(from + 5).map_err(&bad)?,
        recorded_at: moment(row.try_get(from + 6).map_err(&bad)?)
            .ok_or_else(|| corrupt("when a receipt was recorded"))?,
    })
}

/// Reads several receipts, each under the id of its command.
pub(crate) fn receipts<'r, R>(
    rows: impl IntoIterator<Item = &'r R>,
    from: usize,
) -> Result<HashMap<CommandId, Receipt>, ReadError>
where
    R: Row + 'r,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
{
    rows.into_iter()
        .map(|row| receipt(row, from).map(|receipt| (receipt.command_id, receipt)))
        .collect()
}

/// Reads the end of the log from the columns position, recorded_at, hash.
pub(crate) fn head<'r, R: Row>(row: &'r R) -> Result<Head, ReadError>
where
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
{
    let position = unsigned(row.try_get::<i64, _>(0).map_err(unreadable(Position::START))?);
    let position = Position(position);
    let recorded_at: Option<i64> = row.try_get(1).map_err(unreadable(position))?;
    let hash: Vec<u8> = row.try_get(2).map_err(unreadable(position))?;
    Ok(Head {
        position,
        recorded_at: recorded_at.and_then(moment),
        hash: hash.try_into().map_err(|_| ReadError::Corrupt {
            position,
            what: "its hash".to_owned(),
        })?,
    })
}

/// A value that is not of the type it was stored in.
fn unreadable(position: Position) -> impl Fn(sqlx::Error) -> ReadError {
    move |error| ReadError::Corrupt {
        position,
        what: error.to_string(),
    }
}

/// The cause of a failed read.
pub(crate) fn unavailable(error: sqlx::Error) -> ReadError {
    ReadError::Unavailable(error.into())
}

/// A position as it is stored; one beyond what can be stored is beyond every event.
pub(crate) fn stored(position: Position) -> i64 {
    number(position.0)
}

/// A number as it is stored.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number as it was stored; checks of the tables keep negative ones out.
pub(crate) const fn unsigned(number: i64) -> u64 {
    number.cast_unsigned()
}

fn moment(micros: i64) -> Option<Instant> {
    Instant::from_timestamp_micros(micros)
}

/// Ids in one value, one behind the other.
pub(crate) fn packed(ids: impl IntoIterator<Item = Uuid>) -> Vec<u8> {
    ids.into_iter().flat_map(Uuid::into_bytes).collect()
}

fn ids(packed: &[u8]) -> Option<impl Iterator<Item = Uuid> + '_> {
    let (ids, rest) = packed.as_chunks::<16>();
    rest.is_empty().then(|| ids.iter().copied().map(Uuid::from_bytes))
}

/// The rows of `event_links` for an event, each once: id and kind.
pub(crate) fn links(envelope: &Envelope) -> Vec<(Uuid, i16)> {
    let links = envelope.links.iter().map(|link| (*link, link_kind::LINK));
    let subjects = envelope
        .subjects
        .iter()
        .map(|subject| (subject.uuid(), link_kind::SUBJECT));
    let mut links: Vec<_> = links.chain(subjects).collect();
    links.sort_unstable();
    links.dedup();
    links
}

/// The rows of the index that holds everything by id: those of [`links`], the request and the organisation.
pub(crate) fn all_links(envelope: &Envelope) -> impl Iterator<Item = (Uuid, i16)> + use<> {
    let request = (envelope.correlation_id.uuid(), link_kind::CORRELATION);
    let tenant = (envelope.stream.tenant.uuid(), link_kind::TENANT);
    links(envelope).into_iter().chain([request, tenant])
}

/// Who caused each event, as JSON text.
pub(crate) fn actors(events: &[Recorded]) -> Result<Vec<String>, Trouble> {
    events
        .iter()
        .map(|event| serde_json::to_string(&event.envelope.actor))
        .collect::<Result<_, _>>()
        .map_err(|error| Trouble::Statement(error.into()))
}
