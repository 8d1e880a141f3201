//! Decides which appends of a batch are accepted, and what exactly is written for them. Pure: the back end reads what
//! is known, this decides, the back end writes.

use std::collections::HashMap;

use domain::{
    envelope::{Envelope, Position, Recorded, StreamId},
    event::MAX_LINKS,
    ids::CommandId,
    time::{Instant, whole_micros},
};

use crate::{
    hash::{self, BEFORE_THE_FIRST},
    log::{
        Append, AppendError, MAX_APPEND_BYTES, MAX_EVENTS, MAX_PAYLOAD_BYTES, NewEvent, Receipt, StreamWrite,
        event_id,
    },
};

/// The end of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    /// The last position.
    pub(crate) position: Position,
    /// When the last event was recorded.
    pub(crate) recorded_at: Option<Instant>,
    /// Its hash.
    pub(crate) hash: [u8; 32],
}

impl Head {
    /// The end of an empty log.
    pub(crate) const START: Self = Self {
        position: Position::START,
        recorded_at: None,
        hash: BEFORE_THE_FIRST,
    };
}

/// What a batch must know, all read at one moment at which nobody else can append.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// The end of the log.
    pub(crate) head: Head,
    /// How many events the streams of the batch hold; a stream without any may be absent.
    pub(crate) versions: HashMap<StreamId, u64>,
    /// The receipts that exist for commands of the batch.
    pub(crate) receipts: HashMap<CommandId, Receipt>,
}

/// An append with its events as they will be stored, as far as that is known before it is their turn. Whoever appends makes
/// it, so that the one who stores appends in their order need not.
#[derive(Debug)]
pub(crate) struct Draft {
    append: Append,
    events: Vec<Recorded>,
}

impl Draft {
    /// The draft of an append.
    pub(crate) fn new(append: Append) -> Self {
        Self {
            events: drafted(&append),
            append,
        }
    }

    /// The append itself.
    pub(crate) const fn append(&self) -> &Append {
        &self.append
    }

    /// The events. Whoever takes them again, after a batch that was not stored, gets others alike.
    fn take_events(&mut self) -> Vec<Recorded> {
        match std::mem::take(&mut self.events) {
            taken if taken.is_empty() => drafted(&self.append),
            events => events,
        }
    }
}

/// The events of an append, without position, time of recording and hash.
fn drafted(append: &Append) -> Vec<Recorded> {
    let events = append.writes.iter().flat_map(|write| {
        (1_u64..)
            .zip(&write.events)
            // No stream holds so many events that this wraps, so such an append is refused.
            .map(move |(number, event)| (write.stream, write.expected.wrapping_add(number), event))
    });
    let drafts = events
        .enumerate()
        .map(|(index, (stream, version, event))| Recorded {
            envelope: Envelope {
                position: Position::START,
                stream,
                version,
                event_id: event_id(append.command.command_id, index as u64),
                event_type: event.event_type.clone(),
                schema_version: event.schema_version,
                occurred_at: whole_micros(event.occurred_at),
                recorded_at: append.now,
                actor: append.command.actor.clone(),
                command_id: append.command.command_id,
                correlation_id: append.command.correlation_id,
                causation_id: append.command.causation_id,
                subjects: event.subjects.clone(),
                links: event.links.clone(),
                trace: append.command.trace.clone(),
                hash: BEFORE_THE_FIRST,
            },
            payload: event.payload.as_slice().into(),
        });
    drafts.collect()
}

/// Accepted appends, as they will be stored.
#[derive(Debug)]
pub(crate) struct Batch {
    before: Position,
    known: Known,
    /// Events to store, in order of position.
    pub(crate) events: Vec<Recorded>,
    /// Receipts to store.
    pub(crate) receipts: Vec<Receipt>,
}

impl Batch {
    /// An empty batch on top of what is known.
    pub(crate) const fn new(known: Known) -> Self {
        Self {
            before: known.head.position,
            known,
            events: Vec::new(),
            receipts: Vec::new(),
        }
    }

    /// The last position before this batch.
    pub(crate) const fn before(&self) -> Position {
        self.before
    }

    /// The end of the log once this batch is stored.
    pub(crate) const fn head(&self) -> &Head {
        &self.known.head
    }

    /// Adds an append, or says why not and leaves the batch as it was.
    pub(crate) fn add(&mut self, draft: &mut Draft) -> Result<Receipt, AppendError> {
        let append = &draft.append;
        if let Some(receipt) = self.known.receipts.get(&append.command.command_id) {
            return Err(AppendError::Duplicate(Box::new(receipt.clone())));
        }
        let versions = self.expected_versions(&append.writes)?;

        let before = self.known.head.position;
        let recorded_at = self.recorded_at(append.now);
        self.record(draft.take_events(), recorded_at);
        self.known.versions.extend(versions);
        let append = &draft.append;

        let last = self.known.head.position;
        let receipt = Receipt {
            command_id: append.command.command_id,
            tenant: append.command.tenant,
            input_hash: append.command.input_hash,
            first: (before < last).then(|| before.next()),
            position: last,
            result: append.result.clone(),
            recorded_at,
        };
        self.known.receipts.insert(receipt.command_id, receipt.clone());
        self.receipts.push(receipt.clone());
        Ok(receipt)
    }

    /// The versions after the append. A stream that is written twice in it is met at its new version the second time.
    fn expected_versions(&self, writes: &[StreamWrite]) -> Result<HashMap<StreamId, u64>, AppendError> {
        let mut versions = HashMap::with_capacity(writes.len());
        for write in writes {
            let actual = versions
                .get(&write.stream)
                .or_else(|| self.known.versions.get(&write.stream))
                .copied()
                .unwrap_or(0);
            if actual != write.expected {
                return Err(AppendError::Conflict {
                    stream: write.stream,
                    expected: write.expected,
                    actual,
                });
            }
            versions.insert(write.stream, actual + write.events.len() as u64);
        }
        Ok(versions)
    }

    fn recorded_at(&self, now: Instant) -> Instant {
        let now = whole_micros(now);
        self.known.head.recorded_at.map_or(now, |last| now.max(last))
    }

    fn record(&mut self, events: Vec<Recorded>, recorded_at: Instant) {
        for mut event in events {
            let position = self.known.head.position.next();
            event.envelope.position = position;
            event.envelope.recorded_at = recorded_at;
            event.envelope.hash = hash::hash(&self.known.head.hash, &event.envelope, &event.payload);
            self.known.head = Head {
                position,
                recorded_at: Some(recorded_at),
                hash: event.envelope.hash,
            };
            self.events.push(event);
        }
    }
}

/// How much an append weighs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Events.
    pub events: usize,
    /// Bytes of payloads and of the result.
    pub bytes: usize,
}

/// The size of an append, if it is one that any back end takes.
///
/// # Errors
/// [`AppendError::TooLarge`], with the first limit of [`crate::log`] that it exceeds.
pub fn measure(append: &Append) -> Result<Size, AppendError> {
    let events = || append.writes.iter().flat_map(|write| &write.events);
    let size = Size {
        events: events().count(),
        bytes: events().map(|event| event.payload.len()).sum::<usize>() + append.result.len(),
    };
    at_most("events of an append", MAX_EVENTS, size.events)?;
    at_most("streams of an append", MAX_EVENTS, append.writes.len())?;
    at_most("bytes of a result", MAX_PAYLOAD_BYTES, append.result.len())?;
    at_most("bytes of an append", MAX_APPEND_BYTES, size.bytes)?;
    events().try_for_each(measure_event)?;
    Ok(size)
}

fn measure_event(event: &NewEvent) -> Result<(), AppendError> {
    at_most("bytes of a payload", MAX_PAYLOAD_BYTES, event.payload.len())?;
    at_most("links of an event", MAX_LINKS, event.links.len())
}

fn at_most(what: &'static str, most: usize, actual: usize) -> Result<(), AppendError> {
    if actual > most {
        return Err(AppendError::TooLarge { what, most, actual });
    }
    Ok(())
}
