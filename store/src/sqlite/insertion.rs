//! Rows of the log's file, as appends and imports write them.

use domain::{
    actor::Actor,
    envelope::{Position, Recorded},
    ids::Id,
};
use rusqlite::{Connection, Error, Result, params};

use crate::{
    log::Receipt,
    rows::{number, packed, stored},
};

/// Inserts events and receipts, each in the order of their positions. The receipt of a command that wrote events goes into
/// the row of the last of them, which is here or was inserted before.
///
/// # Errors
/// When the database refuses one; some of the others are inserted then.
pub(crate) fn insert(connection: &Connection, events: &[Recorded], receipts: &[Receipt]) -> Result<()> {
    let first = events
        .first()
        .map_or(Position(u64::MAX), |event| event.envelope.position);
    let mut of_events = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        match receipt.first {
            None => insert_apart(connection, receipt)?,
            Some(_) if receipt.position < first => add_to_event(connection, receipt)?,
            Some(_) => of_events.push(receipt),
        }
    }
    insert_events(connection, events, &of_events)
}

fn insert_events(connection: &Connection, events: &[Recorded], receipts: &[&Receipt]) -> Result<()> {
    let mut insert = connection.prepare_cached(
        "insert into events (
            position, tenant, category, stream_id, version, event_id, type, schema_version, occurred_at,
            recorded_at, actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, payload,
            receipt_first, receipt_input_hash, receipt_result
        )
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut actor = ActorText::default();
    let mut receipts = receipts.iter().peekable();
    for event in events {
        let envelope = &event.envelope;
        let receipt = receipts.next_if(|receipt| receipt.position == envelope.position);
        insert.execute(params![
            stored(envelope.position),
            envelope.stream.tenant.uuid().as_bytes(),
            envelope.stream.category.name(),
            envelope.stream.id.as_bytes(),
            number(envelope.version),
            envelope.event_id.uuid().as_bytes(),
            envelope.event_type,
            envelope.schema_version,
            envelope.occurred_at.timestamp_micros(),
            envelope.recorded_at.timestamp_micros(),
            actor.of(&envelope.actor)?,
            envelope.command_id.uuid().as_bytes(),
            envelope.correlation_id.uuid().as_bytes(),
            envelope.causation_id.map(|id| id.uuid().into_bytes()),
            packed(envelope.subjects.iter().copied().map(Id::uuid)),
            packed(envelope.links.iter().copied()),
            envelope.trace,
            envelope.hash,
            &*event.payload,
            receipt.and_then(|receipt| receipt.first).map(stored),
            receipt.map(|receipt| receipt.input_hash),
            receipt.map(|receipt| &receipt.result),
        ])?;
    }
    // Of events that are not here: a doubtful log is kept as it is, for the examination to find.
    receipts.try_for_each(|receipt| insert_apart(connection, receipt))
}

fn add_to_event(connection: &Connection, receipt: &Receipt) -> Result<()> {
    let mut update = connection.prepare_cached(
        "update events
        set receipt_first = ?, receipt_input_hash = ?, receipt_result = ?
        where position = ?",
    )?;
    update.execute(params![
        receipt.first.map(stored),
        receipt.input_hash,
        receipt.result,
        stored(receipt.position),
    ])?;
    Ok(())
}

fn insert_apart(connection: &Connection, receipt: &Receipt) -> Result<()> {
    let mut insert = connection.prepare_cached(
        "insert into receipts_apart (
            command_id, tenant, input_hash, first_position, position, result, recorded_at
        )
        values (?, ?, ?, ?, ?, ?, ?)",
    )?;
    insert.execute(params![
        receipt.command_id.uuid().as_bytes(),
        receipt.tenant.uuid().as_bytes(),
        receipt.input_hash,
        receipt.first.map(stored),
        stored(receipt.position),
        receipt.result,
        receipt.recorded_at.timestamp_micros(),
    ])?;
    Ok(())
}

/// The JSON of the last actor: events of one command have the same.
#[derive(Default)]
struct ActorText {
    actor: Option<Actor>,
    text: String,
}

impl ActorText {
    fn of(&mut self, actor: &Actor) -> Result<&str> {
        if self.actor.as_ref() != Some(actor) {
            self.text =
                serde_json::to_string(actor).map_err(|error| Error::ToSqlConversionFailure(error.into()))?;
            self.actor = Some(actor.clone());
        }
        Ok(&self.text)
    }
}
