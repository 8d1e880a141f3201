//! The limit by hand of filling a log on SQLite: prepared inserts of rows that are there, in one transaction.

use std::path::Path;

use anyhow::Result;
use domain::{envelope::Recorded, ids::Id};
use rusqlite::{Connection, params};
use store::log::Receipt;

use crate::generated::Rows;

/// Writes all rows into the empty tables of a log.
pub(crate) fn insert(file: &Path, rows: &Rows) -> Result<()> {
    let mut connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -262_144)?;
    let transaction = connection.transaction()?;
    insert_events(&transaction, &rows.events, &rows.receipts)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Every event has a receipt of its own.
fn insert_events(connection: &Connection, events: &[Recorded], receipts: &[Receipt]) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into events values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for (event, receipt) in events.iter().zip(receipts) {
        let it = &event.envelope;
        insert.execute(params![
            it.position.0.cast_signed(),
            it.stream.tenant.uuid().as_bytes(),
            it.stream.category.name(),
            it.stream.id.as_bytes(),
            it.version.cast_signed(),
            it.event_id.uuid().as_bytes(),
            it.event_type,
            it.schema_version,
            it.occurred_at.timestamp_micros(),
            it.recorded_at.timestamp_micros(),
            serde_json::to_string(&it.actor)?,
            it.command_id.uuid().as_bytes(),
            it.correlation_id.uuid().as_bytes(),
            it.causation_id.map(Id::uuid).map(uuid::Uuid::into_bytes),
            subjects(event),
            links(event),
            it.trace,
            it.hash,
            &*event.payload,
            receipt.first.map(|first| first.0.cast_signed()),
            receipt.input_hash,
            receipt.result,
        ])?;
    }
    Ok(())
}

/// Ids of people, one behind the other.
pub(crate) fn subjects(event: &Recorded) -> Vec<u8> {
    let subjects = &event.envelope.subjects;
    subjects
        .iter()
        .flat_map(|subject| subject.uuid().into_bytes())
        .collect()
}

/// Ids of things, one behind the other.
pub(crate) fn links(event: &Recorded) -> Vec<u8> {
    let links = &event.envelope.links;
    links.iter().flat_map(|link| link.into_bytes()).collect()
}
