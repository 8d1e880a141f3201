//! What the node keeps and how it decides, without any network: streams, revisions, positions, idempotence.

use std::collections::HashMap;

use bytes::Bytes;
use uuid::Uuid;

/// An event to be appended.
#[derive(Clone, Debug)]
pub(crate) struct Proposed {
    pub(crate) id: Uuid,
    pub(crate) metadata: HashMap<String, String>,
    pub(crate) custom_metadata: Bytes,
    pub(crate) data: Bytes,
}

impl Proposed {
    fn size(&self) -> usize {
        let event_type = self.metadata.get("type").map_or(0, String::len);
        self.data.len() + self.custom_metadata.len() + 2 * event_type
    }
}

/// An event that was appended.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// Commit and prepare position.
    pub(crate) position: u64,
    pub(crate) stream: Bytes,
    pub(crate) revision: u64,
    pub(crate) event: Proposed,
}

/// Where a stream is expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expected {
    NoStream,
    Revision(u64),
    Any,
    StreamExists,
}

/// An append that was made, now or before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Appended {
    /// Revision of the stream's last event; none for a stream that still has none.
    pub(crate) revision: Option<u64>,
    pub(crate) position: Option<u64>,
}

/// Why an append was not made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    WrongExpectedVersion { current: Option<u64> },
    TooLarge { most: usize },
}

/// Where a read begins and which way it goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum From {
    Start,
    At(u64),
    End,
}

#[derive(Debug)]
pub(crate) struct Node {
    events: Vec<Stored>,
    streams: HashMap<Bytes, Stream>,
    end: u64,
    max_append_size: usize,
    appends: u64,
}

#[derive(Default, Debug)]
struct Stream {
    /// Indices into all events.
    events: Vec<usize>,
    /// Revision before which nothing is read any more, after a delete.
    truncated_before: u64,
}

/// What every record takes beside its contents: positions are places in a file of records.
const RECORD_OVERHEAD: u64 = 87;

impl Node {
    pub(crate) fn new(max_append_size: usize) -> Self {
        let mut node = Self {
            events: Vec::new(),
            streams: HashMap::new(),
            // The file begins with records that nobody reads.
            end: 1_436,
            max_append_size,
            appends: 0,
        };
        node.note("$streams", "$start");
        node
    }

    /// An event of the node itself, as stands between those of its users.
    fn note(&mut self, stream: &'static str, event_type: &str) {
        let event = Proposed {
            id: Uuid::from_u128(0x5e1f_0000_0000_4000_8000_0000_0000_0000 | u128::from(self.end)),
            metadata: [("type", event_type), ("content-type", "application/json")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            custom_metadata: Bytes::new(),
            data: Bytes::from_static(b"{}"),
        };
        self.store(&Bytes::from_static(stream.as_bytes()), event);
    }

    fn store(&mut self, stream: &Bytes, mut event: Proposed) {
        let kept = self.streams.entry(stream.clone()).or_default();
        let position = self.end;
        self.end += RECORD_OVERHEAD + event.size() as u64;
        // Ticks of 100 ns since 1970; the time of the node means nothing to those who test with it.
        event
            .metadata
            .insert("created".to_owned(), "17000000000000000".to_owned());
        self.events.push(Stored {
            position,
            stream: stream.clone(),
            revision: kept.events.len() as u64,
            event,
        });
        kept.events.push(self.events.len() - 1);
    }

    pub(crate) fn append(
        &mut self,
        stream: &Bytes,
        expected: Expected,
        events: Vec<Proposed>,
    ) -> Result<Appended, Refused> {
        let size: usize = events.iter().map(Proposed::size).sum();
        if size > self.max_append_size {
            return Err(Refused::TooLarge {
                most: self.max_append_size,
            });
        }
        let current = self.current(stream);
        let next = current.map_or(0, |revision| revision + 1);
        let deleted = self
            .streams
            .get(stream)
            .is_some_and(|kept| kept.truncated_before == next);
        let wanted = match expected {
            Expected::Any => next,
            Expected::StreamExists if current.is_some() && !deleted => next,
            Expected::StreamExists => return Err(Refused::WrongExpectedVersion { current }),
            Expected::NoStream if deleted => next,
            Expected::NoStream => 0,
            Expected::Revision(revision) => revision.saturating_add(1),
        };
        if wanted < next && !events.is_empty() {
            return self
                .repeated(stream, wanted, &events)
                .ok_or(Refused::WrongExpectedVersion { current });
        }
        if wanted != next {
            return Err(Refused::WrongExpectedVersion { current });
        }
        if events.is_empty() {
            return Ok(Appended {
                revision: current,
                position: None,
            });
        }
        for event in events {
            self.store(stream, event);
        }
        let appended = self.last(stream);
        self.appends += 1;
        if self.appends.is_multiple_of(3) {
            self.note("$stats-127.0.0.1:2113", "$statsCollected");
        }
        Ok(appended)
    }

    /// The append once more, if exactly these events stand where they would have been appended.
    fn repeated(&self, stream: &Bytes, first: u64, events: &[Proposed]) -> Option<Appended> {
        let kept = &self.streams.get(stream)?.events;
        let first = usize::try_from(first).ok()?;
        let same = kept.get(first..first + events.len())?;
        let mut pairs = same.iter().zip(events);
        let last = &self.events[*same.last()?];
        pairs
            .all(|(index, event)| self.events[*index].event.id == event.id)
            .then_some(Appended {
                revision: Some(last.revision),
                position: Some(last.position),
            })
    }

    fn current(&self, stream: &Bytes) -> Option<u64> {
        let kept = self.streams.get(stream)?;
        (kept.events.len() as u64).checked_sub(1)
    }

    fn last(&self, stream: &Bytes) -> Appended {
        let last = self.streams.get(stream).and_then(|kept| kept.events.last());
        let last = last.map(|index| &self.events[*index]);
        Appended {
            revision: last.map(|event| event.revision),
            position: last.map(|event| event.position),
        }
    }

    /// A soft delete: nothing of the stream is read any more, and its numbers go on.
    pub(crate) fn delete(&mut self, stream: &Bytes, expected: Expected) -> Result<u64, Refused> {
        let appended = self.append(stream, expected, Vec::new())?;
        let Some(kept) = self.streams.get_mut(stream) else {
            return Err(Refused::WrongExpectedVersion { current: None });
        };
        kept.truncated_before = appended.revision.map_or(0, |revision| revision + 1);
        let position = self.end;
        self.note("$$deleted", "$metadata");
        Ok(position)
    }

    /// The events of a stream, or none when there is no such stream to its readers.
    pub(crate) fn read_stream(
        &self,
        stream: &Bytes,
        from: From,
        backwards: bool,
        most: usize,
    ) -> Option<Vec<Stored>> {
        let kept = self.streams.get(stream)?;
        let hidden = usize::try_from(kept.truncated_before).ok()?;
        if hidden >= kept.events.len() {
            return None;
        }
        let len = kept.events.len();
        let at = |revision: u64| usize::try_from(revision).unwrap_or(usize::MAX);
        let indices: Vec<usize> = if backwards {
            let upper = match from {
                From::Start => 1,
                From::At(revision) => at(revision).saturating_add(1).min(len),
                From::End => len,
            };
            (hidden..upper.max(hidden)).rev().take(most).collect()
        } else {
            let lower = match from {
                From::Start => 0,
                From::At(revision) => at(revision),
                From::End => len,
            };
            (lower.max(hidden)..len).take(most).collect()
        };
        Some(
            indices
                .into_iter()
                .map(|index| self.events[kept.events[index]].clone())
                .collect(),
        )
    }

    /// All events: forwards from a position and it, backwards from before a position. Only what the node gave out is
    /// a position.
    pub(crate) fn read_all(&self, from: From, backwards: bool, most: usize) -> Option<Vec<Stored>> {
        let index = match from {
            From::Start => 0,
            From::End => self.events.len(),
            From::At(position) if position == self.end => self.events.len(),
            From::At(position) => self
                .events
                .binary_search_by_key(&position, |event| event.position)
                .ok()?,
        };
        Some(if backwards {
            self.events[..index].iter().rev().take(most).cloned().collect()
        } else {
            self.events[index..].iter().take(most).cloned().collect()
        })
    }

    pub(crate) fn stored(&self) -> &[Stored] {
        &self.events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: u128) -> Proposed {
        Proposed {
            id: Uuid::from_u128(id),
            metadata: [("type".to_owned(), "happened".to_owned())].into(),
            custom_metadata: Bytes::new(),
            data: Bytes::new(),
        }
    }

    fn name() -> Bytes {
        Bytes::from_static(b"orders-1")
    }

    fn wrong(current: u64) -> Result<Appended, Refused> {
        Err(Refused::WrongExpectedVersion {
            current: Some(current),
        })
    }

    #[test]
    fn an_exact_expectation_that_does_not_hold_is_refused() {
        let mut node = Node::new(1_000);
        node.append(&name(), Expected::NoStream, vec![event(1), event(2)])
            .unwrap();

        assert_eq!(node.append(&name(), Expected::NoStream, vec![event(3)]), wrong(1));
        assert_eq!(
            node.append(&name(), Expected::Revision(0), vec![event(3)]),
            wrong(1)
        );
        assert_eq!(
            node.append(&name(), Expected::Revision(2), vec![event(3)]),
            wrong(1)
        );
    }

    #[test]
    fn the_same_events_at_the_same_place_are_the_same_append() {
        let mut node = Node::new(1_000);
        let first = node
            .append(&name(), Expected::NoStream, vec![event(1), event(2)])
            .unwrap();
        node.append(&name(), Expected::Revision(1), vec![event(3)])
            .unwrap();

        let again = node
            .append(&name(), Expected::NoStream, vec![event(1), event(2)])
            .unwrap();

        assert_eq!(first, again);
        assert_eq!(node.read_stream(&name(), From::Start, false, 9).unwrap().len(), 3);
    }

    #[test]
    fn without_an_expectation_the_same_event_is_stored_twice() {
        let mut node = Node::new(1_000);
        for _ in 0..2 {
            node.append(&name(), Expected::Any, vec![event(1)]).unwrap();
        }
        assert_eq!(node.read_stream(&name(), From::Start, false, 9).unwrap().len(), 2);
    }

    #[test]
    fn an_append_beyond_the_limit_is_refused() {
        let mut node = Node::new(10);
        let refused = node.append(&name(), Expected::NoStream, vec![event(1)]);
        assert_eq!(refused, Err(Refused::TooLarge { most: 10 }));
    }

    #[test]
    fn a_deleted_stream_is_not_read_and_its_numbers_go_on() {
        let mut node = Node::new(1_000);
        node.append(&name(), Expected::NoStream, vec![event(1)]).unwrap();

        node.delete(&name(), Expected::Revision(0)).unwrap();

        assert!(node.read_stream(&name(), From::Start, false, 9).is_none());
        let after = node.append(&name(), Expected::NoStream, vec![event(2)]).unwrap();
        assert_eq!(after.revision, Some(1));
    }

    #[test]
    fn only_positions_that_were_given_out_are_positions() {
        let mut node = Node::new(1_000);
        let at = node
            .append(&name(), Expected::NoStream, vec![event(1)])
            .unwrap()
            .position
            .unwrap();

        assert_eq!(node.read_all(From::At(at), false, 9).unwrap()[0].position, at);
        assert!(
            node.read_all(From::At(at), true, 9)
                .unwrap()
                .iter()
                .all(|event| event.position < at)
        );
        assert!(node.read_all(From::At(at - 1), false, 9).is_none());
    }
}
