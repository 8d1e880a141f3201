//! The connection that appends to the database, on a thread that has nothing else to do.

use async_trait::async_trait;
use domain::{
    envelope::StreamId,
    ids::{CommandId, Id},
};
use sqlx::{
    ConnectOptions, Connection, PgConnection, Row,
    postgres::{PgConnectOptions, PgRow},
};
use tracing::warn;

use super::Columns;
use crate::{
    appender::{Trouble, Writer},
    batch::{Batch, Known},
    rows::{self, number, packed, unsigned},
};

/// The connection that appends. Transactions are begun and ended by plain statements, and a connection whose
/// transaction did not end well is closed, upon which the server rolls it back.
pub(super) struct PostgresWriter {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
}

impl PostgresWriter {
    /// A writer that connects when it is first needed.
    pub(super) const fn new(options: PgConnectOptions) -> Self {
        Self {
            options,
            connection: None,
        }
    }

    async fn connection(&mut self) -> Result<&mut PgConnection, Trouble> {
        if self.connection.is_none() {
            self.connection = Some(self.options.connect().await?);
        }
        Ok(self.connection.as_mut().expect("it was opened the line before"))
    }

    async fn read_known(
        connection: &mut PgConnection,
        streams: &[StreamId],
        commands: &[CommandId],
    ) -> Result<Known, Trouble> {
        // One round trip. Read committed: once the lock is ours, the next statement sees all that was committed
        // while we waited for it.
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

/// Events, links, receipts, the head and the notification in one round trip.
const INSERT_BATCH: &str = "
    with new_events as (
        insert into log.events (
            position, tenant, category, stream_id, version, event_id, type, schema_version, occurred_at, recorded_at,
            actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, payload
        )
        select *
        from unnest(
            $1::bigint[], $2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::uuid[], $7::text[], $8::integer[],
            $9::bigint[], $10::bigint[], $11::text[], $12::uuid[], $13::uuid[], $14::uuid[], $15::bytea[],
            $16::bytea[], $17::text[], $18::bytea[], $19::bytea[]
        )
    ), new_links as (
        insert into log.event_links (id, kind, position)
        select *
        from unnest($20::uuid[], $21::smallint[], $22::bigint[])
    ), new_receipts as (
        insert into log.receipts (command_id, tenant, input_hash, first_position, position, result, recorded_at)
        select *
        from unnest(
            $23::uuid[], $24::uuid[], $25::bytea[], $26::bigint[], $27::bigint[], $28::bytea[], $29::bigint[]
        )
    ), new_head as (
        update log.head
        set position = $30, recorded_at = $31, hash = $32
        where position < $30
    )
    select pg_notify('greenroom_log', $30::bigint::text)";

#[async_trait]
impl Writer for PostgresWriter {
    const USES_SOCKETS: bool = true;

    async fn begin(&mut self, streams: &[StreamId], commands: &[CommandId]) -> Result<Known, Trouble> {
        Self::read_known(self.connection().await?, streams, commands).await
    }

    async fn write(&mut self, batch: &Batch) -> Result<(), Trouble> {
        let actors = rows::actors(&batch.events)?;
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
            .bind(all(links(), |(id, _, _)| id))
            .bind(all(links(), |(_, kind, _)| kind))
            .bind(all(links(), |(_, _, position)| position))
            .bind(all(receipts(), |it| it.command_id.uuid()))
            .bind(all(receipts(), |it| it.tenant.uuid()))
            .bind(all(receipts(), |it| it.input_hash.as_slice()))
            .bind(all(receipts(), |it| it.first.map(rows::stored)))
            .bind(all(receipts(), |it| rows::stored(it.position)))
            .bind(all(receipts(), |it| it.result.as_slice()))
            .bind(all(receipts(), |it| it.recorded_at.timestamp_micros()))
            .bind(rows::stored(head.position))
            .bind(head.recorded_at.map(|moment| moment.timestamp_micros()))
            .bind(head.hash.as_slice())
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }

    async fn commit(&mut self, _: &Batch) -> Result<(), Trouble> {
        sqlx::query("commit").execute(self.connection().await?).await?;
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

/// One column of a batch.
fn all<T, V>(items: impl Iterator<Item = T>, value: impl Fn(T) -> V) -> Vec<V> {
    items.map(value).collect()
}
