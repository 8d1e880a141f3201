//! The limit by hand on PostgreSQL: one connection takes what waits into one statement. Its events have no tenant,
//! links, receipts or hash chain; what is compared is the price of these.

use std::{path::Path, sync::Arc};

use anyhow::Result;
use async_trait::async_trait;
use domain::{
    aggregate::Aggregate,
    availability::{Availability, AvailabilityCommand, events::AvailabilityEvent},
    event::Event,
};
use sqlx::{Connection, Executor, PgConnection, PgPool, postgres::PgPoolOptions};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;
use workload::{
    availability::{Step, context},
    measure::{self, Round},
};

use crate::{
    contender::{Contender, Load},
    greenroom::Database,
};

/// One writer on this server, group commit.
#[derive(Debug)]
pub(crate) struct HandWrittenPostgres(pub(crate) String);

const TABLES: &str = "
    create table head (position bigint not null);
    insert into head values (0);
    create table events (
        position bigint primary key,
        stream uuid not null,
        version bigint not null,
        type text not null,
        payload bytea not null,
        unique (stream, version)
    )";

struct Append {
    stream: Uuid,
    version: i64,
    name: &'static str,
    payload: Vec<u8>,
    answer: oneshot::Sender<()>,
}

/// Stores what waits until nobody can send any more: lock, insert, commit in three round trips.
async fn write(mut connection: PgConnection, mut appends: mpsc::UnboundedReceiver<Append>) -> Result<()> {
    let mut batch = Vec::new();
    while appends.recv_many(&mut batch, 512).await > 0 {
        let count = i64::try_from(batch.len())?;
        let mut transaction = connection.begin().await?;
        let (last,): (i64,) = sqlx::query_as("update head set position = position + $1 returning position")
            .bind(count)
            .fetch_one(&mut *transaction)
            .await?;
        sqlx::query(
            "insert into events (position, stream, version, type, payload)
            select * from unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $5::bytea[])",
        )
        .bind((last - count + 1..=last).collect::<Vec<_>>())
        .bind(batch.iter().map(|append| append.stream).collect::<Vec<_>>())
        .bind(batch.iter().map(|append| append.version).collect::<Vec<_>>())
        .bind(batch.iter().map(|append| append.name).collect::<Vec<_>>())
        .bind(
            batch
                .iter()
                .map(|append| append.payload.as_slice())
                .collect::<Vec<_>>(),
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        for append in batch.drain(..) {
            append.answer.send(()).unwrap_or_default();
        }
    }
    Ok(())
}

struct Caller {
    readers: PgPool,
    queue: mpsc::UnboundedSender<Append>,
}

impl Caller {
    async fn run(&self, step: Step) -> Result<()> {
        let stream = step.account().uuid();
        let rows: Vec<(String, Vec<u8>)> =
            sqlx::query_as("select type, payload from events where stream = $1 order by version")
                .bind(stream)
                .fetch_all(&self.readers)
                .await?;
        let mut state = Availability::default();
        let mut version = 0;
        for (name, payload) in &rows {
            state = state.evolve(&AvailabilityEvent::decode(name, 1, payload)?);
            version += 1;
        }
        let command = AvailabilityCommand::DefineWeekly(step.command());
        for (event, version) in state.decide(&command, &context())?.into_iter().zip(version + 1..) {
            let (answer, answered) = oneshot::channel();
            self.queue.send(Append {
                stream,
                version,
                name: event.wire().name,
                payload: event.payload()?,
                answer,
            })?;
            answered.await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Contender for HandWrittenPostgres {
    fn name(&self) -> &'static str {
        "hand-written group commit, one connection"
    }

    fn expected(&self, callers: u64) -> f64 {
        if callers == 1 { 1_500.0 } else { 10_000.0 }
    }

    async fn round(&self, _: &Path, load: Load) -> Result<Round> {
        let database = Database::create(&self.0).await?;
        let mut connection = PgConnection::connect(&database.url).await?;
        connection.execute(TABLES).await?;
        let readers = PgPoolOptions::new()
            .max_connections(5)
            .connect(&database.url)
            .await?;
        let (queue, appends) = mpsc::unbounded_channel();
        let writer = tokio::spawn(write(connection, appends));
        let caller = Arc::new(Caller {
            readers: readers.clone(),
            queue,
        });
        let round = measure::tasks(load.callers, load.commands, move |step| {
            let caller = caller.clone();
            async move { caller.run(step).await.expect("the command is accepted") }
        })
        .await;
        writer.await??;
        readers.close().await;
        database.remove().await?;
        Ok(round)
    }
}
