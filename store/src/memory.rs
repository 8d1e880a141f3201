//! The log in memory, for tests. It keeps every promise but durability.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::{
    envelope::{Position, Recorded, StreamId},
    ids::CommandId,
    time::Instant,
};
use futures::{StreamExt, stream};
use tokio::sync::watch;

use crate::{
    appender::advance,
    batch::{Batch, Draft, Head, Known, measure},
    log::{
        Append, AppendError, Capabilities, Direction, Events, Log, Query, ReadError, Receipt, event_matches,
    },
};

/// How many positions one step of a read looks at, so that appends do not wait long for a reader.
const STEP: u64 = 256;

/// A log that lives as long as its value.
#[derive(Debug)]
pub struct MemoryLog {
    state: Mutex<State>,
    tail: watch::Sender<Position>,
}

#[derive(Debug)]
struct State {
    head: Head,
    events: Vec<Recorded>,
    versions: HashMap<StreamId, u64>,
    receipts: HashMap<CommandId, Receipt>,
}

impl MemoryLog {
    /// An empty log.
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State {
                head: Head::START,
                events: Vec::new(),
                versions: HashMap::new(),
                receipts: HashMap::new(),
            }),
            tail: watch::Sender::new(Position::START),
        }
    }

    /// The state is only ever changed after everything that can fail, so a panic elsewhere leaves it whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next matching events of a read that has looked at everything up to its `next` position.
    fn step(&self, read: &mut Reading) -> Vec<Recorded> {
        let state = self.state();
        let mut found = Vec::new();
        for _ in 0..STEP {
            let Some(position) = read.advance(state.head.position) else {
                read.done = true;
                break;
            };
            let index = usize::try_from(position.0 - 1).expect("positions of a log in memory fit into usize");
            let event = &state.events[index];
            if event_matches(&read.query.filter, &event.envelope) {
                found.push(event.clone());
                read.left = read.left.map(|left| left - 1);
            }
        }
        found
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn known(&self, append: &Append) -> Known {
        let streams: HashSet<_> = append.writes.iter().map(|write| write.stream).collect();
        let version = |stream| self.versions.get(&stream).map(|version| (stream, *version));
        let command = append.command.command_id;
        Known {
            head: self.head,
            versions: streams.into_iter().filter_map(version).collect(),
            receipts: self
                .receipts
                .get(&command)
                .map(|receipt| (command, receipt.clone()))
                .into_iter()
                .collect(),
        }
    }

    fn store(&mut self, batch: Batch) {
        self.head = *batch.head();
        for event in batch.events {
            self.versions
                .insert(event.envelope.stream, event.envelope.version);
            self.events.push(event);
        }
        for receipt in batch.receipts {
            self.receipts.insert(receipt.command_id, receipt);
        }
    }
}

/// A read under way.
struct Reading {
    query: Query,
    /// The last position looked at, or where to start behind.
    seen: Option<Position>,
    left: Option<u64>,
    done: bool,
}

impl Reading {
    const fn new(query: Query) -> Self {
        Self {
            seen: query.after,
            left: query.limit,
            query,
            done: false,
        }
    }

    /// The next position to look at, if there is one.
    fn advance(&mut self, head: Position) -> Option<Position> {
        if self.left == Some(0) {
            return None;
        }
        let last = self.query.until.map_or(head, |until| until.min(head));
        let next = match self.query.direction {
            Direction::Forward => self.seen.unwrap_or(Position::START).0.checked_add(1)?,
            Direction::Backward => self
                .seen
                .map_or(last.0, |seen| last.0.min(seen.0.saturating_sub(1))),
        };
        if next == 0 || next > last.0 {
            return None;
        }
        self.seen = Some(Position(next));
        self.seen
    }
}

#[async_trait]
impl Log for MemoryLog {
    fn capabilities(&self) -> Capabilities {
        Capabilities::ALL
    }

    async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        measure(&append)?;
        let mut state = self.state();
        let mut batch = Batch::new(state.known(&append));
        let receipt = batch.add(&mut Draft::new(append))?;
        state.store(batch);
        // Still under the lock, so that the tail never goes back.
        advance(&self.tail, state.head.position);
        Ok(receipt)
    }

    fn read(&self, query: Query) -> Events<'_> {
        stream::unfold(Reading::new(query), move |mut read| async move {
            if read.done {
                return None;
            }
            let found = self.step(&mut read);
            Some((stream::iter(found.into_iter().map(Ok)), read))
        })
        .flatten()
        .boxed()
    }

    async fn versions(&self, streams: &[StreamId]) -> Result<Vec<u64>, ReadError> {
        let state = self.state();
        let version = |stream| state.versions.get(stream).copied().unwrap_or(0);
        Ok(streams.iter().map(version).collect())
    }

    async fn head(&self) -> Result<Position, ReadError> {
        Ok(self.state().head.position)
    }

    async fn position_at(&self, moment: Instant) -> Result<Position, ReadError> {
        let state = self.state();
        let until = state
            .events
            .partition_point(|event| event.envelope.recorded_at <= moment);
        Ok(Position(until as u64))
    }

    async fn last_recorded_at(&self) -> Result<Option<Instant>, ReadError> {
        Ok(self.state().head.recorded_at)
    }

    async fn receipt(&self, command: CommandId) -> Result<Option<Receipt>, ReadError> {
        Ok(self.state().receipts.get(&command).cloned())
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.tail.subscribe()
    }
}
