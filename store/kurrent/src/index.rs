//! Follows the cluster and writes down which of our events stands where, with what follows from their order: the time
//! that never goes back and the hash chain.
//!
//! Both are functions of the cluster's order alone, so every node that follows comes to the same rows, and the index
//! may be made again from nothing.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
};

use domain::{
    envelope::{Envelope, Position, StreamId},
    fact::Category,
    ids::OrganisationId,
    time::Instant,
};
use eventstore::{Position as ClusterPosition, RecordedEvent};
use sqlx::{PgPool, Postgres, QueryBuilder, Row, postgres::PgRow};
use store::{
    hash,
    log::{Direction, Filter, Query, ReadError},
};
use tokio::sync::{Mutex, watch};
use uuid::Uuid;

use crate::{
    cluster::Cluster,
    wire::{Found, Names, found},
};

/// Most events of the cluster that are looked at in one step.
const STEP: usize = 1_000;
/// Most rows of one step of a read.
pub(crate) const PAGE: u64 = 256;

const LINK: i16 = 1;
const SUBJECT: i16 = 2;

/// How far the chain has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    pub(crate) position: Position,
    prepare: u64,
    event_id: Option<Uuid>,
    pub(crate) recorded_at: Option<Instant>,
    hash: [u8; 32],
    scanned: Option<ClusterPosition>,
}

/// Where an event stands, and what follows from it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) position: Position,
    pub(crate) prepare: u64,
    pub(crate) stream: StreamId,
    pub(crate) version: u64,
    pub(crate) event_id: Uuid,
    pub(crate) recorded_at: Instant,
    pub(crate) hash: [u8; 32],
    pub(crate) size: usize,
}

/// Events of one stream that follow each other, as an append wrote them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) stream: StreamId,
    /// Version of the first.
    pub(crate) first: u64,
    pub(crate) count: u64,
}

/// Where the events of an append stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    pub(crate) first: Position,
    pub(crate) last: Position,
    pub(crate) recorded_at: Instant,
}

#[derive(Debug)]
pub(crate) struct Index {
    pool: PgPool,
    names: Names,
    chain: Mutex<Passes>,
    asked: AtomicU64,
    tail: watch::Sender<Position>,
}

/// One pass serves all who asked before it began.
#[derive(Debug)]
struct Passes {
    chain: Chain,
    served: u64,
}

/// One event of a step, ready to be written.
struct Indexed {
    place: Place,
    event_type: String,
    correlation: Uuid,
    links: Vec<(Uuid, i16)>,
}

impl Index {
    /// The index as it stands in the database.
    pub(crate) async fn open(pool: PgPool, names: Names) -> Result<Self, ReadError> {
        let head = sqlx::query(HEAD).fetch_one(&pool).await.map_err(unavailable)?;
        let chain = chain(&head)?;
        Ok(Self {
            pool,
            names,
            tail: watch::Sender::new(chain.position),
            chain: Mutex::new(Passes { chain, served: 0 }),
            asked: AtomicU64::new(0),
        })
    }

    /// True when the last indexed event stands in the cluster where it should: else it is another cluster, or an older
    /// state of it.
    pub(crate) async fn fits(&self, cluster: &Cluster) -> Result<bool, ReadError> {
        let chain = self.chain.lock().await.chain;
        let Some(event_id) = chain.event_id else {
            return Ok(true);
        };
        let at = ClusterPosition {
            commit: chain.position.0,
            prepare: chain.prepare,
        };
        match cluster.all(Some(at), 1).await {
            Ok(page) => Ok(page.events.first().is_some_and(|event| event.id == event_id)),
            // No place of this cluster.
            Err(trouble) if trouble.refused => Ok(false),
            Err(trouble) => Err(ReadError::Unavailable(trouble.into())),
        }
    }

    pub(crate) fn tail(&self) -> watch::Receiver<Position> {
        self.tail.subscribe()
    }

    /// When the last event was recorded, as far as this node has seen.
    pub(crate) async fn recorded_at(&self) -> Option<Instant> {
        self.chain.lock().await.chain.recorded_at
    }

    /// Follows the cluster to where it ended when this was called, or further.
    pub(crate) async fn catch_up(&self, cluster: &Cluster) -> Result<Chain, ReadError> {
        let ticket = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut passes = self.chain.lock().await;
        if passes.served < ticket {
            let serves = self.asked.load(Ordering::SeqCst);
            self.pass(cluster, &mut passes.chain).await?;
            passes.served = serves;
        }
        Ok(passes.chain)
    }

    async fn pass(&self, cluster: &Cluster, chain: &mut Chain) -> Result<(), ReadError> {
        loop {
            let page = cluster
                .all(chain.scanned, STEP)
                .await
                .map_err(|trouble| ReadError::Unavailable(trouble.into()))?;
            let (after, events) = step(*chain, &page.events, &self.names)?;
            if events.is_empty() {
                chain.scanned = after.scanned;
            } else {
                *chain = match self.write(chain, &after, &events).await? {
                    None => after,
                    // Another node was faster; from where it is we go on.
                    Some(theirs) => theirs,
                };
                self.tail.send_if_modified(|tail| advance(tail, chain.position));
                if chain.position < after.position {
                    continue;
                }
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    /// Writes a step, or gives the chain of the node that wrote before.
    async fn write(
        &self,
        before: &Chain,
        after: &Chain,
        events: &[Indexed],
    ) -> Result<Option<Chain>, ReadError> {
        let mut transaction = self.pool.begin().await.map_err(unavailable)?;
        let head = sqlx::query(HEAD_FOR_UPDATE)
            .fetch_one(&mut *transaction)
            .await
            .map_err(unavailable)?;
        let stored = chain(&head)?;
        if stored.position != before.position {
            return Ok(Some(stored));
        }
        let places = || events.iter().map(|event| &event.place);
        let links = || {
            events.iter().flat_map(|event| {
                event
                    .links
                    .iter()
                    .map(|link| (link, signed(event.place.position.0)))
            })
        };
        let scanned = after.scanned;
        sqlx::query(INSERT_STEP)
            .bind(all(places(), |it| signed(it.position.0)))
            .bind(all(places(), |it| signed(it.prepare)))
            .bind(all(places(), |it| it.stream.tenant.uuid()))
            .bind(all(places(), |it| it.stream.category.name()))
            .bind(all(places(), |it| it.stream.id))
            .bind(all(places(), |it| signed(it.version)))
            .bind(all(places(), |it| it.event_id))
            .bind(all(events.iter(), |it| it.event_type.as_str()))
            .bind(all(events.iter(), |it| it.correlation))
            .bind(all(places(), |it| it.recorded_at.timestamp_micros()))
            .bind(all(places(), |it| it.hash.as_slice()))
            .bind(all(places(), |it| signed(it.size as u64)))
            .bind(all(links(), |((id, _), _)| *id))
            .bind(all(links(), |((_, kind), _)| *kind))
            .bind(all(links(), |(_, position)| position))
            .bind(signed(after.position.0))
            .bind(signed(after.prepare))
            .bind(after.event_id)
            .bind(after.recorded_at.map(|moment| moment.timestamp_micros()))
            .bind(after.hash.as_slice())
            .bind(scanned.map(|at| signed(at.commit)))
            .bind(scanned.map(|at| signed(at.prepare)))
            .execute(&mut *transaction)
            .await
            .map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(None)
    }

    /// Where the next events of a read stand, in its direction.
    pub(crate) async fn places(&self, query: &Query, most: u64) -> Result<Vec<Place>, ReadError> {
        let rows = select(query, most)
            .build()
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable)?;
        rows.iter().map(place).collect()
    }

    /// How many events each stream holds at one position of the log.
    pub(crate) async fn versions(&self, streams: &[StreamId], at: Position) -> Result<Vec<u64>, ReadError> {
        let rows = sqlx::query(
            "select coalesce(found.version, 0)
            from unnest($1::uuid[], $2::text[], $3::uuid[]) with ordinality asked (tenant, category, stream_id, n)
            left join lateral (
                select i.version
                from kurrent.log_index i
                where i.tenant = asked.tenant
                    and i.category = asked.category
                    and i.stream_id = asked.stream_id
                    and i.position <= $4
                order by i.version desc
                limit 1
            ) found on true
            order by asked.n",
        )
        .bind(all(streams.iter(), |it| it.tenant.uuid()))
        .bind(all(streams.iter(), |it| it.category.name()))
        .bind(all(streams.iter(), |it| it.id))
        .bind(signed(at.0))
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let version = |row: &PgRow| row.try_get::<i64, _>(0).map(i64::cast_unsigned);
        rows.iter()
            .map(version)
            .collect::<Result<_, _>>()
            .map_err(unavailable)
    }

    /// Where the events of an append stand; none while not all of them are indexed.
    pub(crate) async fn span(&self, runs: &[Run]) -> Result<Option<Span>, ReadError> {
        let row = sqlx::query(
            "select count(*), min(i.position), max(i.position), max(i.recorded_at)
            from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::bigint[])
                run (tenant, category, stream_id, first, count)
            join kurrent.log_index i
                on i.tenant = run.tenant
                and i.category = run.category
                and i.stream_id = run.stream_id
                and i.version >= run.first
                and i.version < run.first + run.count",
        )
        .bind(all(runs.iter(), |it| it.stream.tenant.uuid()))
        .bind(all(runs.iter(), |it| it.stream.category.name()))
        .bind(all(runs.iter(), |it| it.stream.id))
        .bind(all(runs.iter(), |it| signed(it.first)))
        .bind(all(runs.iter(), |it| signed(it.count)))
        .fetch_one(&self.pool)
        .await
        .map_err(unavailable)?;
        let wanted: u64 = runs.iter().map(|run| run.count).sum();
        let count: i64 = row.try_get(0).map_err(unavailable)?;
        if count.cast_unsigned() < wanted {
            return Ok(None);
        }
        let number = |column| row.try_get::<Option<i64>, _>(column).map_err(unavailable);
        let (first, last) = (number(1)?, number(2)?);
        let recorded_at = number(3)?.and_then(Instant::from_timestamp_micros);
        Ok(match (first, last, recorded_at) {
            (Some(first), Some(last), Some(recorded_at)) => Some(Span {
                first: Position(first.cast_unsigned()),
                last: Position(last.cast_unsigned()),
                recorded_at,
            }),
            _ => None,
        })
    }

    /// The last position recorded at or before a moment.
    pub(crate) async fn position_at(&self, moment: Instant) -> Result<Position, ReadError> {
        let position: Option<i64> = sqlx::query_scalar(
            "select position
            from kurrent.log_index
            where recorded_at <= $1
            order by recorded_at desc, position desc
            limit 1",
        )
        .bind(moment.timestamp_micros())
        .fetch_optional(&self.pool)
        .await
        .map_err(unavailable)?;
        Ok(position.map_or(Position::START, |position| Position(position.cast_unsigned())))
    }
}

/// The chain after some events of the cluster, and those of them that are ours.
fn step(
    mut chain: Chain,
    events: &[RecordedEvent],
    names: &Names,
) -> Result<(Chain, Vec<Indexed>), ReadError> {
    let mut ours = Vec::new();
    for event in events {
        if chain
            .scanned
            .is_some_and(|scanned| event.position.commit < scanned.commit)
        {
            continue;
        }
        if chain.scanned == Some(event.position) {
            // The place where the scan goes on, unless two events share it.
            if chain.position.0 == event.position.commit && chain.event_id != Some(event.id) {
                return Err(corrupt(event, "another event stands at its position"));
            }
            continue;
        }
        chain.scanned = Some(event.position);
        let Some(stream) = names.stream(&event.stream_id) else {
            continue;
        };
        let read = found(event, stream, Position(event.position.commit));
        ours.push(link(
            &mut chain,
            event,
            read.map_err(|what| corrupt(event, what))?,
        ));
    }
    Ok((chain, ours))
}

/// Adds one event to the chain.
fn link(chain: &mut Chain, event: &RecordedEvent, found: Found) -> Indexed {
    let Found {
        mut envelope,
        payload,
    } = found;
    envelope.recorded_at = chain
        .recorded_at
        .map_or(envelope.recorded_at, |last| last.max(envelope.recorded_at));
    let hash = hash::hash(&chain.hash, &envelope, &payload);
    let links = links(&envelope);
    *chain = Chain {
        position: envelope.position,
        prepare: event.position.prepare,
        event_id: Some(event.id),
        recorded_at: Some(envelope.recorded_at),
        hash,
        scanned: chain.scanned,
    };
    Indexed {
        place: Place {
            position: envelope.position,
            prepare: event.position.prepare,
            stream: envelope.stream,
            version: envelope.version,
            event_id: event.id,
            recorded_at: envelope.recorded_at,
            hash,
            size: payload.len(),
        },
        event_type: envelope.event_type,
        correlation: envelope.correlation_id.uuid(),
        links,
    }
}

fn links(envelope: &Envelope) -> Vec<(Uuid, i16)> {
    let links = envelope.links.iter().map(|link| (*link, LINK));
    let subjects = envelope.subjects.iter().map(|subject| (subject.uuid(), SUBJECT));
    let mut links: Vec<_> = links.chain(subjects).collect();
    links.sort_unstable();
    links.dedup();
    links
}

fn corrupt(event: &RecordedEvent, what: &str) -> ReadError {
    ReadError::Corrupt {
        position: Position(event.position.commit),
        what: what.to_owned(),
    }
}

/// Moves a tail, never back.
fn advance(tail: &mut Position, to: Position) -> bool {
    let further = *tail < to;
    if further {
        *tail = to;
    }
    further
}

const HEAD: &str = "
    select position, prepare, event_id, recorded_at, hash, scanned_commit, scanned_prepare
    from kurrent.head";

const HEAD_FOR_UPDATE: &str = "
    select position, prepare, event_id, recorded_at, hash, scanned_commit, scanned_prepare
    from kurrent.head
    for update";

const INSERT_STEP: &str = "
    with new_places as (
        insert into kurrent.log_index (
            position, prepare, tenant, category, stream_id, version, event_id, type, correlation_id, recorded_at, hash,
            size
        )
        select *
        from unnest(
            $1::bigint[], $2::bigint[], $3::uuid[], $4::text[], $5::uuid[], $6::bigint[], $7::uuid[], $8::text[],
            $9::uuid[], $10::bigint[], $11::bytea[], $12::bigint[]
        )
    ), new_links as (
        insert into kurrent.log_links (id, kind, position)
        select *
        from unnest($13::uuid[], $14::smallint[], $15::bigint[])
    )
    update kurrent.head
    set position = $16, prepare = $17, event_id = $18, recorded_at = $19, hash = $20, scanned_commit = $21,
        scanned_prepare = $22";

fn chain(row: &PgRow) -> Result<Chain, ReadError> {
    let number = |column| {
        row.try_get::<i64, _>(column)
            .map(i64::cast_unsigned)
            .map_err(unavailable)
    };
    let maybe = |column| row.try_get::<Option<i64>, _>(column).map_err(unavailable);
    let position = Position(number(0)?);
    let hash: Vec<u8> = row.try_get(4).map_err(unavailable)?;
    let scanned = maybe(5)?.zip(maybe(6)?);
    Ok(Chain {
        position,
        prepare: number(1)?,
        event_id: row.try_get(2).map_err(unavailable)?,
        recorded_at: maybe(3)?.and_then(Instant::from_timestamp_micros),
        hash: digest(hash, position)?,
        scanned: scanned.map(|(commit, prepare)| ClusterPosition {
            commit: commit.cast_unsigned(),
            prepare: prepare.cast_unsigned(),
        }),
    })
}

fn digest(hash: Vec<u8>, position: Position) -> Result<[u8; 32], ReadError> {
    hash.try_into().map_err(|_| ReadError::Corrupt {
        position,
        what: "its hash".to_owned(),
    })
}

fn place(row: &PgRow) -> Result<Place, ReadError> {
    let number = |column| {
        row.try_get::<i64, _>(column)
            .map(i64::cast_unsigned)
            .map_err(unavailable)
    };
    let position = Position(number(0)?);
    let wrong = |what: &str| ReadError::Corrupt {
        position,
        what: what.to_owned(),
    };
    let category: &str = row.try_get(3).map_err(unavailable)?;
    let recorded_at = row.try_get(7).map_err(unavailable)?;
    Ok(Place {
        position,
        prepare: number(1)?,
        stream: StreamId {
            tenant: OrganisationId::new(row.try_get(2).map_err(unavailable)?),
            category: Category::from_name(category).ok_or_else(|| wrong("its category is not known"))?,
            id: row.try_get(4).map_err(unavailable)?,
        },
        version: number(5)?,
        event_id: row.try_get(6).map_err(unavailable)?,
        recorded_at: Instant::from_timestamp_micros(recorded_at)
            .ok_or_else(|| wrong("when it was recorded"))?,
        hash: digest(row.try_get(8).map_err(unavailable)?, position)?,
        size: usize::try_from(number(9)?).map_err(|_| wrong("its size"))?,
    })
}

fn select(query: &Query, most: u64) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(
        "select position, prepare, tenant, category, stream_id, version, event_id, recorded_at, hash, size
        from kurrent.log_index
        where true",
    );
    match &query.filter {
        Filter::All => {}
        Filter::Tenant(tenant) => {
            sql.push(" and tenant = ").push_bind(tenant.uuid());
        }
        Filter::Category { category, tenant } => {
            sql.push(" and category = ").push_bind(category.name());
            if let Some(tenant) = tenant {
                sql.push(" and tenant = ").push_bind(tenant.uuid());
            }
        }
        Filter::Categories(categories) => {
            let names: Vec<_> = categories.iter().map(|category| category.name()).collect();
            sql.push(" and category = any(").push_bind(names).push(")");
        }
        Filter::Type(name) => {
            sql.push(" and type = ").push_bind(name.clone());
        }
        Filter::Stream(stream) => {
            sql.push(" and tenant = ").push_bind(stream.tenant.uuid());
            sql.push(" and category = ").push_bind(stream.category.name());
            sql.push(" and stream_id = ").push_bind(stream.id);
        }
        Filter::Link { tenant, link } => {
            sql.push(" and tenant = ").push_bind(tenant.uuid());
            sql.push(" and position in (");
            push_linked(&mut sql, *link, LINK);
            sql.push(" union select position from kurrent.log_index where stream_id = ")
                .push_bind(*link);
            sql.push(")");
        }
        Filter::Subject(subject) => {
            sql.push(" and position in (");
            push_linked(&mut sql, subject.uuid(), SUBJECT);
            sql.push(")");
        }
        Filter::Correlation(correlation) => {
            sql.push(" and correlation_id = ").push_bind(correlation.uuid());
        }
    }
    if let Some(until) = query.until {
        sql.push(" and position <= ").push_bind(signed(until.0));
    }
    if let Some(after) = query.after {
        sql.push(match query.direction {
            Direction::Forward => " and position > ",
            Direction::Backward => " and position < ",
        });
        sql.push_bind(signed(after.0));
    }
    // A stream is ordered by version, which is the same order, because that is how its index is.
    sql.push(match &query.filter {
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
    sql.push(match query.direction {
        Direction::Forward => "",
        Direction::Backward => " desc",
    });
    sql.push(" limit ").push_bind(signed(most));
    sql
}

fn push_linked(sql: &mut QueryBuilder<Postgres>, id: Uuid, kind: i16) {
    sql.push("select position from kurrent.log_links where id = ")
        .push_bind(id);
    sql.push(" and kind = ").push_bind(kind);
}

/// Consecutive events of one stream among places in order of position.
pub(crate) fn runs(places: &[Place]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    // Of each stream the run that may go on.
    let mut open: HashMap<StreamId, usize> = HashMap::new();
    for place in places {
        let goes_on = open
            .get(&place.stream)
            .copied()
            .filter(|index| runs[*index].first + runs[*index].count == place.version);
        match goes_on {
            Some(index) => runs[index].count += 1,
            None => {
                open.insert(place.stream, runs.len());
                runs.push(Run {
                    stream: place.stream,
                    first: place.version,
                    count: 1,
                });
            }
        }
    }
    runs
}

/// One column of a step.
fn all<T, V>(items: impl Iterator<Item = T>, value: impl Fn(T) -> V) -> Vec<V> {
    items.map(value).collect()
}

/// A number as it is stored; one beyond what can be stored is beyond every position.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unavailable(error: sqlx::Error) -> ReadError {
    ReadError::Unavailable(error.into())
}
