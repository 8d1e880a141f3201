//! A log as lines of JSON: what is exported and imported, the same bytes from every back end.
//!
//! The first line is `{"log":{"format":1,"events":N,"hash":"..."}}`: how many events follow and the hash of the last. Then
//! come `{"event":{...}}` and `{"receipt":{...}}`: each event, and behind it the receipts that end at its position, first
//! that of the command that wrote the event, then those of commands that changed nothing, by command id. Ids are UUIDs,
//! moments are microseconds since 1970, hashes are hexadecimal.
//!
//! A payload is the field `payload`, in which the exact bytes stand as they are when they are JSON on one line without
//! space around it, and otherwise `payload_base64`; likewise a receipt's `result`. Personal data is sealed in the log
//! and stays so; keys are never in an export.

use std::io::{self, BufRead, Read};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    actor::Actor,
    envelope::{Envelope, Position, Recorded, StreamId},
    fact::Category,
    ids::{CommandId, CorrelationId, EventId, OrganisationId, SubjectId},
    time::Instant,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{hex, log::Receipt, merkle::Hash};

/// The version of this format.
const FORMAT: u32 = 1;

/// The longest line: the largest payload in base64 and an envelope with tens of thousands of subjects fit.
pub const MAX_LINE_BYTES: u64 = 16 * 1024 * 1024;

/// The first line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// How many events there are, which is the last position.
    pub events: u64,
    /// The hash of the last one, zero without any.
    pub hash: Hash,
}

/// A line behind the first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// An event.
    Event(Recorded),
    /// What is kept of a command.
    Receipt(Receipt),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Log(HeaderLine),
    Event(Box<EventLine>),
    Receipt(Box<ReceiptLine>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderLine {
    format: u32,
    events: u64,
    #[serde(with = "hex")]
    hash: Hash,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventLine {
    position: u64,
    tenant: Uuid,
    category: String,
    stream: Uuid,
    version: u64,
    id: Uuid,
    r#type: String,
    schema: u16,
    occurred_at: i64,
    recorded_at: i64,
    actor: Actor,
    command: Uuid,
    correlation: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    causation: Option<Uuid>,
    subjects: Vec<Uuid>,
    links: Vec<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    #[serde(with = "hex")]
    hash: Hash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload_base64: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptLine {
    command: Uuid,
    tenant: Uuid,
    #[serde(with = "hex")]
    input_hash: Hash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<u64>,
    position: u64,
    recorded_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result_base64: Option<String>,
}

/// Bytes that stand as they are, or in base64.
fn written(bytes: &[u8]) -> (Option<Box<RawValue>>, Option<String>) {
    // As an optional field, `null` would be read as absent.
    let is_plain = bytes != b"null" && !bytes.contains(&b'\n') && !bytes.contains(&b'\r');
    let raw = Some(bytes)
        .filter(|_| is_plain)
        .and_then(|bytes| serde_json::from_slice::<Box<RawValue>>(bytes).ok())
        .filter(|raw| raw.get().as_bytes() == bytes);
    match raw {
        Some(raw) => (Some(raw), None),
        None => (None, Some(STANDARD.encode(bytes))),
    }
}

fn read(raw: Option<Box<RawValue>>, base64: Option<&str>, what: &str) -> Result<Vec<u8>, String> {
    match (raw, base64) {
        (Some(raw), None) => Ok(raw.get().as_bytes().to_vec()),
        (None, Some(base64)) => STANDARD
            .decode(base64)
            .map_err(|_| format!("{what}_base64 is not base64")),
        (Some(_), Some(_)) | (None, None) => Err(format!("one of {what} and {what}_base64 must be there")),
    }
}

fn moment(micros: i64, what: &str) -> Result<Instant, String> {
    Instant::from_timestamp_micros(micros).ok_or_else(|| format!("{what} is beyond every calendar"))
}

/// The text of the first line, without its end.
pub fn write_header(header: &Header) -> String {
    to_json(&Line::Log(HeaderLine {
        format: FORMAT,
        events: header.events,
        hash: header.hash,
    }))
}

/// The text of a line, without its end.
pub fn write(item: &Item) -> String {
    to_json(&match item {
        Item::Event(event) => Line::Event(Box::new(event_line(event))),
        Item::Receipt(receipt) => Line::Receipt(Box::new(receipt_line(receipt))),
    })
}

fn to_json(line: &Line) -> String {
    serde_json::to_string(line).expect("a line has no map keys and no numbers that JSON lacks")
}

fn event_line(event: &Recorded) -> EventLine {
    let envelope = &event.envelope;
    let (payload, payload_base64) = written(&event.payload);
    EventLine {
        position: envelope.position.0,
        tenant: envelope.stream.tenant.uuid(),
        category: envelope.stream.category.name().to_owned(),
        stream: envelope.stream.id,
        version: envelope.version,
        id: envelope.event_id.uuid(),
        r#type: envelope.event_type.clone(),
        schema: envelope.schema_version,
        occurred_at: envelope.occurred_at.timestamp_micros(),
        recorded_at: envelope.recorded_at.timestamp_micros(),
        actor: envelope.actor.clone(),
        command: envelope.command_id.uuid(),
        correlation: envelope.correlation_id.uuid(),
        causation: envelope.causation_id.map(domain::ids::Id::uuid),
        subjects: envelope.subjects.iter().map(|subject| subject.uuid()).collect(),
        links: envelope.links.clone(),
        trace: envelope.trace.clone(),
        hash: envelope.hash,
        payload,
        payload_base64,
    }
}

fn receipt_line(receipt: &Receipt) -> ReceiptLine {
    let (result, result_base64) = written(&receipt.result);
    ReceiptLine {
        command: receipt.command_id.uuid(),
        tenant: receipt.tenant.uuid(),
        input_hash: receipt.input_hash,
        first: receipt.first.map(|first| first.0),
        position: receipt.position.0,
        recorded_at: receipt.recorded_at.timestamp_micros(),
        result,
        result_base64,
    }
}

fn event(line: EventLine) -> Result<Recorded, String> {
    let payload = read(line.payload, line.payload_base64.as_deref(), "payload")?;
    let stream = StreamId {
        tenant: OrganisationId::new(line.tenant),
        category: Category::from_name(&line.category)
            .ok_or("its category is not known: a newer version may have written it")?,
        id: line.stream,
    };
    Ok(Recorded {
        envelope: Envelope {
            position: Position(line.position),
            stream,
            version: line.version,
            event_id: EventId::new(line.id),
            event_type: line.r#type,
            schema_version: line.schema,
            occurred_at: moment(line.occurred_at, "occurred_at")?,
            recorded_at: moment(line.recorded_at, "recorded_at")?,
            actor: line.actor,
            command_id: CommandId::new(line.command),
            correlation_id: CorrelationId::new(line.correlation),
            causation_id: line.causation.map(EventId::new),
            subjects: line.subjects.into_iter().map(SubjectId::new).collect(),
            links: line.links,
            trace: line.trace,
            hash: line.hash,
        },
        payload: payload.into(),
    })
}

fn receipt(line: ReceiptLine) -> Result<Receipt, String> {
    Ok(Receipt {
        result: read(line.result, line.result_base64.as_deref(), "result")?,
        command_id: CommandId::new(line.command),
        tenant: OrganisationId::new(line.tenant),
        input_hash: line.input_hash,
        first: line.first.map(Position),
        position: Position(line.position),
        recorded_at: moment(line.recorded_at, "recorded_at")?,
    })
}

/// Reads a line behind the first.
///
/// # Errors
/// A sentence about what it is not. It holds no value of the line.
pub fn parse(text: &[u8]) -> Result<Item, String> {
    match from_json(text)? {
        Line::Event(line) => event(*line).map(Item::Event),
        Line::Receipt(line) => receipt(*line).map(Item::Receipt),
        Line::Log(_) => Err("the first line of a log stands in the middle".to_owned()),
    }
}

fn from_json(text: &[u8]) -> Result<Line, String> {
    serde_json::from_slice(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Io | serde_json::error::Category::Eof => "it ends too early".to_owned(),
        serde_json::error::Category::Syntax => format!("it is not JSON at column {}", error.column()),
        serde_json::error::Category::Data => format!(
            "it is neither an event nor a receipt of this format, see column {}",
            error.column()
        ),
    })
}

/// A line that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct LineError {
    /// Which, counted from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// Reads an export line by line.
pub struct Lines<R> {
    reader: R,
    line: u64,
    text: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// When it is not that of a log in this format.
    pub fn open(reader: R) -> Result<(Header, Self), LineError> {
        let mut lines = Self {
            reader,
            line: 0,
            text: Vec::new(),
        };
        let header = match lines.text()?.map(from_json) {
            Some(Ok(Line::Log(line))) if line.format == FORMAT => Header {
                events: line.events,
                hash: line.hash,
            },
            Some(Ok(Line::Log(_))) => {
                return Err(lines.error("the log is of another format; a newer version wrote it"));
            }
            Some(Ok(_) | Err(_)) | None => return Err(lines.error("this is not an exported log")),
        };
        Ok((header, lines))
    }

    /// The number of the last line that was read.
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// An error in the last line that was read.
    pub fn error(&self, reason: impl Into<String>) -> LineError {
        LineError {
            line: self.line,
            reason: reason.into(),
        }
    }

    /// The next line, `None` at the end.
    ///
    /// # Errors
    /// When it is not a line of this format.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would go on after an error"
    )]
    pub fn next(&mut self) -> Result<Option<Item>, LineError> {
        let parsed = self.text()?.map(parse).transpose();
        parsed.map_err(|reason| self.error(reason))
    }

    fn text(&mut self) -> Result<Option<&[u8]>, LineError> {
        self.line += 1;
        self.text.clear();
        let mut limited = (&mut self.reader).take(MAX_LINE_BYTES);
        let read = limited.read_until(b'\n', &mut self.text);
        match read {
            Err(error) => Err(self.error(unreadable(&error))),
            Ok(0) => Ok(None),
            Ok(_) if self.text.last() == Some(&b'\n') => Ok(Some(&self.text[..self.text.len() - 1])),
            Ok(_) => Err(self.error("it has no end: the file was cut off, or the line is too long")),
        }
    }
}

fn unreadable(error: &io::Error) -> String {
    format!("the file cannot be read: {error}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes_come_back(bytes: &[u8]) -> bool {
        let (raw, base64) = written(bytes);
        read(raw, base64.as_deref(), "payload").unwrap() == bytes
    }

    #[test]
    fn a_payload_stands_as_it_is_when_one_line_holds_it() {
        let spaced = br#"{"b": 1,  "a":[1.50, "\u00e4"]}"#;

        let (raw, base64) = written(spaced);

        assert_eq!(raw.unwrap().get().as_bytes(), spaced);
        assert_eq!(base64, None);
    }

    #[test]
    fn a_payload_that_no_line_holds_as_it_is_stands_in_base64() {
        for bytes in [
            &b"null"[..],
            b"",
            b" {}",
            b"{}\n",
            b"{\n}",
            b"{\r}",
            b"\xff",
            b"{} {}",
        ] {
            let (raw, base64) = written(bytes);
            assert!(raw.is_none() && base64.is_some(), "{bytes:?}");
            assert!(bytes_come_back(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn a_file_that_is_not_an_export_is_refused_at_its_first_line() {
        let Err(refused) = Lines::open(&b"{}\n"[..]) else {
            panic!("it was taken for an export");
        };

        assert_eq!(refused.to_string(), "line 1: this is not an exported log");
    }

    #[test]
    fn an_error_says_nothing_of_what_the_line_holds() {
        let refused = parse(br#"{"event":{"position":"Asha"}}"#).unwrap_err();

        assert!(!refused.contains("Asha"), "{refused}");
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(bytes_come_back(&bytes));
        }

        #[test]
        fn any_json_comes_back(text in r#"[ ]?(\{"a":[ ]?(1|1\.0|"x\\n"|null)\}|null|true|\[\])[ ]?"#) {
            prop_assert!(bytes_come_back(text.as_bytes()));
        }
    }
}
