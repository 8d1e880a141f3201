//! The connection that appends to the database.
//!
//! While no other node appends, what the last batch left behind still holds, and a batch is stored in one round trip
//! whose statement checks that it does. Otherwise the head is locked and everything is read first.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    envelope::StreamId,
    ids::{CommandId, Id},
};
use quick_cache::unsync::Cache;
use sqlx::{
    ConnectOptions, Connection, PgConnection, Postgres, Row,
    postgres::{PgArguments, PgConnectOptions, PgRow},
    query::Query,
};
use tracing::warn;

use super::Columns;
use crate::{
    appender::{Trouble, Writer},
    batch::{Batch, Head, Known},
    log::Append,
    rows::{self, number, packed, unsigned},
};

/// Streams whose versions are remembered; one takes about a hundred bytes.
const VERSIONS: usize = 50_000;

/// Transactions are begun and ended by plain statements, and a connection whose transaction did not end well is closed,
/// upon which the server rolls it back.
pub(super) struct PostgresWriter {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
    remembered: Remembered,
}

/// The log as this node last saw it.
struct Remembered {
    /// Its end, once it was seen, if what this node wrote since is durable.
    head: Option<Head>,
    versions: Cache<StreamId, u64>,
    /// What the present batch takes for granted of other streams.
    assumed: Vec<(StreamId, u64)>,
    /// True when no other node had appended since this node last did: only then is it worth a try.
    is_alone: bool,
}

impl Remembered {
    fn nothing() -> Self {
        Self {
            head: None,
            versions: Cache::new(VERSIONS),
            assumed: Vec::new(),
            is_alone: false,
        }
    }

    fn saw(&mut self, known: &Known) {
        self.is_alone = self.head == Some(known.head);
        if !self.is_alone {
            self.versions.clear();
        }
        self.head = Some(known.head);
        for (stream, version) in &known.versions {
            self.versions.insert(*stream, *version);
        }
    }

    fn wrote(&mut self, batch: &Batch) {
        self.head = Some(*batch.head());
        for event in &batch.events {
            self.versions
                .insert(event.envelope.stream, event.envelope.version);
        }
    }

    fn assume(&mut self, appends: &[&Append]) -> Option<Known> {
        let head = self.head.filter(|_| self.is_alone)?;
        self.assumed.clear();
        let mut versions = HashMap::new();
        for write in appends.iter().flat_map(|append| &append.writes) {
            let Self {
                versions: remembered,
                assumed,
                ..
            } = &mut *self;
            versions.entry(write.stream).or_insert_with(|| {
                remembered.get(&write.stream).copied().unwrap_or_else(|| {
                    assumed.push((write.stream, write.expected));
                    write.expected
                })
            });
        }
        Some(Known {
            head,
            versions,
            receipts: HashMap::new(),
        })
    }
}

impl PostgresWriter {
    /// A writer that connects when it is first needed.
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self {
            options,
            connection: None,
            remembered: Remembered::nothing(),
        }
    }

    async fn connection(&mut self) -> Result<&mut PgConnection, Trouble> {
        if self.connection.is_none() {
            self.connection = Some(self.options.connect().await?);
        }
        Ok(self.connection.as_mut().expect("it was opened the line before"))
    }

    /// Runs the statement that stores a batch; false when the log is not where it says.
    async fn insert(&mut self, batch: &Batch, assumed: &[(StreamId, u64)]) -> Result<bool, Trouble> {
        let actors = rows::actors(&batch.events)?;
        let connection = self.connection().await?;
        // Read to the end, so that a failing commit is an error and not an unread message.
        let moved = insert_batch(batch, actors, assumed).fetch_all(connection).await?;
        Ok(!moved.is_empty())
    }
}

#[async_trait]
impl Writer for PostgresWriter {
    const USES_SOCKETS: bool = true;

    fn assume(&mut self, appends: &[&Append]) -> Option<Known> {
        self.remembered.assume(appends)
    }

    async fn write_at_once(&mut self, batch: &Batch) -> Result<bool, Trouble> {
        let assumed = std::mem::take(&mut self.remembered.assumed);
        let is_stored = self.insert(batch, &assumed).await;
        match is_stored {
            Ok(true) => self.remembered.wrote(batch),
            Ok(false) | Err(_) => self.remembered.is_alone = false,
        }
        is_stored
    }

    async fn begin(&mut self, streams: &[StreamId], commands: &[CommandId]) -> Result<Known, Trouble> {
        let known = read_known(self.connection().await?, streams, commands).await?;
        self.remembered.saw(&known);
        Ok(known)
    }

    async fn write(&mut self, batch: &Batch) -> Result<(), Trouble> {
        // Until the commit nothing is certain.
        self.remembered.head = None;
        if self.insert(batch, &[]).await? {
            return Ok(());
        }
        Err(Trouble::Statement(
            "the head of the log moved while it was locked".into(),
        ))
    }

    async fn commit(&mut self, batch: Batch) -> Result<(), Trouble> {
        sqlx::query("commit").execute(self.connection().await?).await?;
        self.remembered.wrote(&batch);
        Ok(())
    }

    async fn abandon(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        if sqlx::query("rollback").execute(&mut connection).await.is_ok() {
            self.connection = Some(connection);
        }
    }

    async fn close(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            warn!(error = %error, "the connection that appends was not closed in good order");
        }
    }
}

async fn read_known(
    connection: &mut PgConnection,
    streams: &[StreamId],
    commands: &[CommandId],
) -> Result<Known, Trouble> {
    // One round trip. Read committed: once the lock is ours, the next statement sees all that was committed while we
    // waited for it.
    let head = sqlx::raw_sql(
        "begin isolation level read committed; select position, recorded_at, hash from log.head for update",
    )
    .fetch_all(&mut *connection)
    .await?;
    let head = head.first().ok_or(sqlx::Error::RowNotFound)?;
    let columns = Columns::of(streams);
    let commands: Vec<_> = commands.iter().map(|command| command.uuid()).collect();
    let rows = sqlx::query(
        "select
            asked.n, found.version,
            null::uuid, null::uuid, null::bytea, null::bigint, null::bigint, null::bytea, null::bigint
        from unnest($1::uuid[], $2::text[], $3::uuid[])
            with ordinality asked (tenant, category, stream_id, n)
        cross join lateral (
            select e.version
            from log.events e
            where e.tenant = asked.tenant
                and e.category = asked.category
                and e.stream_id = asked.stream_id
            order by e.version desc
            limit 1
        ) found
        union all
        select
            null, null,
            command_id, tenant, input_hash, first_position, position, result, recorded_at
        from log.receipts
        where command_id = any($4)",
    )
    .bind(columns.tenants)
    .bind(columns.categories)
    .bind(columns.ids)
    .bind(commands)
    .fetch_all(connection)
    .await?;
    let (versions, receipts): (Vec<_>, Vec<_>) = rows.iter().partition(|row| is_version(row));
    Ok(Known {
        head: rows::head(head)?,
        versions: versions
            .into_iter()
            .map(|row| version(streams, row))
            .collect::<Result<_, _>>()?,
        receipts: rows::receipts(receipts, 2)?,
    })
}

fn is_version(row: &PgRow) -> bool {
    matches!(row.try_get::<Option<i64>, _>(0), Ok(Some(_)))
}

fn version(streams: &[StreamId], row: &PgRow) -> Result<(StreamId, u64), sqlx::Error> {
    let ordinal: i64 = row.try_get(0)?;
    let stream = usize::try_from(ordinal - 1)
        .ok()
        .and_then(|index| streams.get(index))
        .ok_or(sqlx::Error::RowNotFound)?;
    Ok((*stream, unsigned(row.try_get(1)?)))
}

/// Head, events, links, receipts and the notification in one round trip; nothing at all unless the head, and every
/// stream that is assumed to be somewhere, is there, and no command has a receipt. A statement that waited for another
/// node's lock sees streams as they were before; it also sees the head as it is now, which that node has moved.
/// A receipt of a command that changed nothing moves no head: its primary key refuses a second one.
const INSERT_BATCH: &str = "
    with moved as (
        update log.head
        set position = $1, recorded_at = $2, hash = $3
        where position = $4
            and not exists (
                select
                from unnest($5::uuid[], $6::text[], $7::uuid[], $8::bigint[])
                    assumed (tenant, category, stream_id, version)
                where assumed.version <> coalesce((
                    select max(e.version)
                    from log.events e
                    where e.tenant = assumed.tenant
                        and e.category = assumed.category
                        and e.stream_id = assumed.stream_id
                ), 0)
            )
            and not exists (
                select
                from log.receipts
                where command_id = any($9::uuid[])
            )
        returning position
    ), new_receipts as (
        insert into log.receipts (command_id, tenant, input_hash, first_position, position, result, recorded_at)
        select *
        from unnest(
            $9::uuid[], $10::uuid[], $11::bytea[], $12::bigint[], $13::bigint[], $14::bytea[], $15::bigint[]
        )
        where exists (select from moved)
    ), new_links as (
        insert into log.event_links (id, kind, position)
        select *
        from unnest($16::uuid[], $17::smallint[], $18::bigint[])
        where exists (select from moved)
    ), new_events as (
        insert into log.events (
            position, tenant, category, stream_id, version, event_id, type, schema_version, occurred_at, recorded_at,
            actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, payload
        )
        select *
        from unnest(
            $19::bigint[], $20::uuid[], $21::text[], $22::uuid[], $23::bigint[], $24::uuid[], $25::text[],
            $26::integer[], $27::bigint[], $28::bigint[], $29::text[], $30::uuid[], $31::uuid[], $32::uuid[],
            $33::bytea[], $34::bytea[], $35::text[], $36::bytea[], $37::bytea[]
        )
        where exists (select from moved)
    )
    select pg_notify('greenroom_log', position::text)
    from moved";

fn insert_batch<'b>(
    batch: &'b Batch,
    actors: Vec<String>,
    assumed: &[(StreamId, u64)],
) -> Query<'b, Postgres, PgArguments> {
    let (streams, versions): (Vec<_>, Vec<_>) =
        assumed.iter().map(|(stream, at)| (*stream, number(*at))).unzip();
    let assumed = Columns::of(&streams);
    let envelopes = || batch.events.iter().map(|event| &event.envelope);
    let links = || {
        envelopes().flat_map(|envelope| {
            let position = number(envelope.position.0);
            rows::links(envelope)
                .into_iter()
                .map(move |(id, kind)| (id, kind, position))
        })
    };
    let receipts = || batch.receipts.iter();
    let head = batch.head();
    sqlx::query(INSERT_BATCH)
        .bind(rows::stored(head.position))
        .bind(head.recorded_at.map(|moment| moment.timestamp_micros()))
        .bind(head.hash.as_slice())
        .bind(rows::stored(batch.before()))
        .bind(assumed.tenants)
        .bind(assumed.categories)
        .bind(assumed.ids)
        .bind(versions)
        .bind(all(receipts(), |it| it.command_id.uuid()))
        .bind(all(receipts(), |it| it.tenant.uuid()))
        .bind(all(receipts(), |it| it.input_hash.as_slice()))
        .bind(all(receipts(), |it| it.first.map(rows::stored)))
        .bind(all(receipts(), |it| rows::stored(it.position)))
        .bind(all(receipts(), |it| it.result.as_slice()))
        .bind(all(receipts(), |it| it.recorded_at.timestamp_micros()))
        .bind(all(links(), |(id, _, _)| id))
        .bind(all(links(), |(_, kind, _)| kind))
        .bind(all(links(), |(_, _, position)| position))
        .bind(all(envelopes(), |it| number(it.position.0)))
        .bind(all(envelopes(), |it| it.stream.tenant.uuid()))
        .bind(all(envelopes(), |it| it.stream.category.name()))
        .bind(all(envelopes(), |it| it.stream.id))
        .bind(all(envelopes(), |it| number(it.version)))
        .bind(all(envelopes(), |it| it.event_id.uuid()))
        .bind(all(envelopes(), |it| it.event_type.as_str()))
        .bind(all(envelopes(), |it| i32::from(it.schema_version)))
        .bind(all(envelopes(), |it| it.occurred_at.timestamp_micros()))
        .bind(all(envelopes(), |it| it.recorded_at.timestamp_micros()))
        .bind(actors)
        .bind(all(envelopes(), |it| it.command_id.uuid()))
        .bind(all(envelopes(), |it| it.correlation_id.uuid()))
        .bind(all(envelopes(), |it| it.causation_id.map(Id::uuid)))
        .bind(all(envelopes(), |it| {
            packed(it.subjects.iter().map(|subject| subject.uuid()))
        }))
        .bind(all(envelopes(), |it| packed(it.links.iter().copied())))
        .bind(all(envelopes(), |it| it.trace.as_deref()))
        .bind(all(envelopes(), |it| it.hash.as_slice()))
        .bind(all(batch.events.iter(), |event| &*event.payload))
}

/// One column of a batch.
fn all<T, V>(items: impl Iterator<Item = T>, value: impl Fn(T) -> V) -> Vec<V> {
    items.map(value).collect()
}
