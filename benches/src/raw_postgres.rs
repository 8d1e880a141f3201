//! The limit by hand of filling a log on PostgreSQL: COPY in binary form of rows that are there, in one transaction.
//! Inserts from arrays (`unnest`) of 1,000 rows are slower.

use anyhow::Result;
use domain::{envelope::Recorded, ids::Id};
use sqlx::{Connection, PgConnection};
use store::log::Receipt;
use uuid::Uuid;

use crate::{
    generated::Rows,
    raw_sqlite::{links, subjects},
};

/// Bytes that are sent at once.
const SEND_BYTES: usize = 256 * 1024;

/// Writes all rows into the empty tables of a log.
pub(crate) async fn insert(url: &str, rows: &Rows) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let mut transaction = connection.begin().await?;
    copy(&mut transaction, "log.events", &rows.events, event).await?;
    copy(&mut transaction, "log.event_links", &rows.events, link_rows).await?;
    copy(&mut transaction, "log.receipts", &rows.receipts, receipt).await?;
    if let Some(last) = rows.events.last() {
        sqlx::query("update log.head set position = $1, recorded_at = $2, hash = $3")
            .bind(last.envelope.position.0.cast_signed())
            .bind(last.envelope.recorded_at.timestamp_micros())
            .bind(last.envelope.hash.as_slice())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    connection.close().await?;
    Ok(())
}

async fn copy<T>(
    connection: &mut PgConnection,
    table: &str,
    rows: &[T],
    write: impl Fn(&mut Tuples, &T) -> Result<()>,
) -> Result<()> {
    let statement = format!("copy {table} from stdin (format binary)");
    let mut copying = connection.copy_in_raw(&statement).await?;
    let mut tuples = Tuples(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec());
    for row in rows {
        write(&mut tuples, row)?;
        if tuples.0.len() >= SEND_BYTES {
            copying.send(tuples.0.as_slice()).await?;
            tuples.0.clear();
        }
    }
    tuples.0.extend((-1_i16).to_be_bytes());
    copying.send(tuples.0.as_slice()).await?;
    copying.finish().await?;
    Ok(())
}

/// Rows in PostgreSQL's binary form: a count of columns, and each with its length.
struct Tuples(Vec<u8>);

impl Tuples {
    fn columns(&mut self, count: i16) {
        self.0.extend(count.to_be_bytes());
    }

    fn value(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.extend(i32::try_from(bytes.len())?.to_be_bytes());
        self.0.extend(bytes);
        Ok(())
    }

    fn number(&mut self, number: i64) -> Result<()> {
        self.value(&number.to_be_bytes())
    }

    fn id(&mut self, id: Uuid) -> Result<()> {
        self.value(id.as_bytes())
    }

    fn maybe(&mut self, value: Option<&[u8]>) -> Result<()> {
        match value {
            Some(bytes) => self.value(bytes),
            None => {
                self.0.extend((-1_i32).to_be_bytes());
                Ok(())
            }
        }
    }
}

fn event(tuples: &mut Tuples, event: &Recorded) -> Result<()> {
    let it = &event.envelope;
    tuples.columns(19);
    tuples.number(it.position.0.cast_signed())?;
    tuples.id(it.stream.tenant.uuid())?;
    tuples.value(it.stream.category.name().as_bytes())?;
    tuples.id(it.stream.id)?;
    tuples.number(it.version.cast_signed())?;
    tuples.id(it.event_id.uuid())?;
    tuples.value(it.event_type.as_bytes())?;
    tuples.value(&i32::from(it.schema_version).to_be_bytes())?;
    tuples.number(it.occurred_at.timestamp_micros())?;
    tuples.number(it.recorded_at.timestamp_micros())?;
    tuples.value(&serde_json::to_vec(&it.actor)?)?;
    tuples.id(it.command_id.uuid())?;
    tuples.id(it.correlation_id.uuid())?;
    tuples.maybe(
        it.causation_id
            .map(Id::uuid)
            .as_ref()
            .map(|id| id.as_bytes().as_slice()),
    )?;
    tuples.value(&subjects(event))?;
    tuples.value(&links(event))?;
    tuples.maybe(it.trace.as_deref().map(str::as_bytes))?;
    tuples.value(&it.hash)?;
    tuples.value(&event.payload)
}

fn link_rows(tuples: &mut Tuples, event: &Recorded) -> Result<()> {
    let things = event.envelope.links.iter().map(|link| (*link, 1_i16));
    let people = event.envelope.subjects.iter().map(|subject| (subject.uuid(), 2));
    for (id, kind) in things.chain(people) {
        tuples.columns(3);
        tuples.id(id)?;
        tuples.value(&kind.to_be_bytes())?;
        tuples.number(event.envelope.position.0.cast_signed())?;
    }
    Ok(())
}

fn receipt(tuples: &mut Tuples, receipt: &Receipt) -> Result<()> {
    tuples.columns(7);
    tuples.id(receipt.command_id.uuid())?;
    tuples.id(receipt.tenant.uuid())?;
    tuples.value(&receipt.input_hash)?;
    let first = receipt.first.map(|first| first.0.to_be_bytes());
    tuples.maybe(first.as_ref().map(<[u8; 8]>::as_slice))?;
    tuples.number(receipt.position.0.cast_signed())?;
    tuples.value(&receipt.result)?;
    tuples.number(receipt.recorded_at.timestamp_micros())
}
