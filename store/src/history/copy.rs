//! Rows in the binary form of PostgreSQL's COPY, which costs the server less than any insert.
//!
//! The form is a signature, then each row as its number of columns and each column as a length of 4 bytes and its
//! bytes, then -1. Numbers are big-endian.

use domain::{envelope::Recorded, ids::Id};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Link, row::actor};
use crate::{
    log::Receipt,
    rows::{number, packed, stored},
};

/// Signature, no flags, no extension.
const BEGIN: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: [u8; 2] = (-1_i16).to_be_bytes();
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

const COPY_EVENTS: &str = "
    copy log.events (
        position, tenant, category, stream_id, version, event_id, type, schema_version, occurred_at, recorded_at,
        actor, command_id, correlation_id, causation_id, subjects, links, trace, hash, payload
    ) from stdin (format binary)";
const COPY_LINKS: &str = "copy log.event_links (id, kind, position) from stdin (format binary)";
const COPY_RECEIPTS: &str = "
    copy log.receipts (command_id, tenant, input_hash, first_position, position, result, recorded_at)
    from stdin (format binary)";

/// Rows wait until they are so many bytes. The end of a COPY is a small packet behind another one, which the network may
/// hold back for 40 ms since sqlx leaves Nagle's algorithm on, so there must be few of them.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Bytes that are sent at once.
const SEND_BYTES: usize = 256 * 1024;

/// Rows of the log that wait to be copied.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    events: Rows,
    links: Rows,
    receipts: Rows,
}

impl Waiting {
    /// True when it is time to send them.
    pub(super) const fn are_many(&self) -> bool {
        self.events.0.len() + self.links.0.len() + self.receipts.0.len() >= MOST_BYTES
    }

    /// Copies them into their tables. After an error the transaction is lost.
    pub(super) async fn send(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        self.events.send(connection, COPY_EVENTS).await?;
        self.links.send(connection, COPY_LINKS).await?;
        self.receipts.send(connection, COPY_RECEIPTS).await
    }

    /// Adds an event.
    pub(super) fn event(&mut self, event: &Recorded) {
        let envelope = &event.envelope;
        self.events
            .columns(19)
            .number(number(envelope.position.0))
            .id(envelope.stream.tenant.uuid())
            .bytes(envelope.stream.category.name())
            .id(envelope.stream.id)
            .number(number(envelope.version))
            .id(envelope.event_id.uuid())
            .bytes(&envelope.event_type)
            .bytes(i32::from(envelope.schema_version).to_be_bytes())
            .number(envelope.occurred_at.timestamp_micros())
            .number(envelope.recorded_at.timestamp_micros())
            .bytes(actor(&envelope.actor))
            .id(envelope.command_id.uuid())
            .id(envelope.correlation_id.uuid())
            .maybe(envelope.causation_id.map(|id| id.uuid().into_bytes()))
            .bytes(packed(envelope.subjects.iter().copied().map(Id::uuid)))
            .bytes(packed(envelope.links.iter().copied()))
            .maybe(envelope.trace.as_deref())
            .bytes(envelope.hash)
            .bytes(&event.payload);
    }

    /// Adds a row of the index of links.
    pub(super) fn link(&mut self, link: Link) {
        self.links
            .columns(3)
            .id(link.id)
            .bytes(link.kind.to_be_bytes())
            .number(stored(link.position));
    }

    /// Adds a receipt.
    pub(super) fn receipt(&mut self, receipt: &Receipt) {
        self.receipts
            .columns(7)
            .id(receipt.command_id.uuid())
            .id(receipt.tenant.uuid())
            .bytes(receipt.input_hash)
            .maybe(receipt.first.map(|first| stored(first).to_be_bytes()))
            .number(stored(receipt.position))
            .bytes(&receipt.result)
            .number(receipt.recorded_at.timestamp_micros());
    }
}

/// Rows of one table.
#[derive(Debug, Default)]
struct Rows(Vec<u8>);

impl Rows {
    async fn send(mut self, connection: &mut PgConnection, copy: &'static str) -> Result<(), sqlx::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.extend(END);
        let mut copying = connection.copy_in_raw(copy).await?;
        for bytes in self.0.chunks(SEND_BYTES) {
            copying.send(bytes).await?;
        }
        copying.finish().await?;
        Ok(())
    }

    /// Begins a row.
    fn columns(&mut self, columns: i16) -> &mut Self {
        if self.0.is_empty() {
            self.0.extend(BEGIN);
        }
        self.0.extend(columns.to_be_bytes());
        self
    }

    fn bytes(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let bytes = bytes.as_ref();
        let length = i32::try_from(bytes.len()).expect("a value came out of one line, which is shorter");
        self.0.extend(length.to_be_bytes());
        self.0.extend(bytes);
        self
    }

    fn maybe(&mut self, bytes: Option<impl AsRef<[u8]>>) -> &mut Self {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => {
                self.0.extend(NULL);
                self
            }
        }
    }

    fn number(&mut self, number: i64) -> &mut Self {
        self.bytes(number.to_be_bytes())
    }

    fn id(&mut self, id: Uuid) -> &mut Self {
        self.bytes(id.as_bytes())
    }
}
