//! A log as the callers of the workload leave it behind, made without a database: the same on every back end.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{Context as _, Result, ensure};
use domain::{
    aggregate::Aggregate as _,
    availability::{Availability, AvailabilityCommand},
    envelope::{Envelope, Position, Recorded, StreamId},
    event::Event as _,
    fact::Category,
    ids::SubjectId,
};
use store::{
    hash,
    history::import::Target,
    lines::{self, Header, Item},
    log::{Receipt, event_id},
    merkle::Hash,
};
use tokio::sync::mpsc;
use uuid::Uuid;
use workload::availability::{COMMANDS_PER_STREAM, Step, context, now};

use crate::greenroom::invocation;

/// Callers whose commands follow each other in turns.
pub(crate) const CALLERS: u64 = 16;

/// Events of one chunk on its way into a database, and how many chunks may wait for it.
const CHUNK: usize = 1_000;
const WAITING: usize = 2;

/// What the events belong to beside their own stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Belong {
    /// To what the workload says.
    AsAppended,
    /// To two things and a person more, as those of an interview do.
    ToThreeMore,
}

/// Events and receipts in the order of an export.
pub(crate) struct Generated {
    made: u64,
    events: u64,
    belong: Belong,
    previous: Hash,
    receipt: Option<Receipt>,
}

/// So many events and a few more, so that every caller has filled its last stream.
pub(crate) const fn whole_streams(events: u64) -> u64 {
    events.next_multiple_of(CALLERS * COMMANDS_PER_STREAM)
}

impl Generated {
    /// A log of so many events.
    pub(crate) const fn new(events: u64, belong: Belong) -> Self {
        Self {
            made: 0,
            events,
            belong,
            previous: hash::BEFORE_THE_FIRST,
            receipt: None,
        }
    }

    fn event(&mut self) -> Result<Recorded> {
        let step = Step {
            caller: self.made % CALLERS,
            number: self.made / CALLERS,
        };
        self.made += 1;
        let asked = invocation(step);
        let command = AvailabilityCommand::DefineWeekly(step.command());
        let decided = Availability::default().decide(&command, &context())?;
        let event = decided.first().context("the command changes something")?;
        let payload = event.payload()?;
        let mut envelope = Envelope {
            position: Position(self.made),
            stream: StreamId {
                tenant: asked.tenant,
                category: Category::Availability,
                id: step.account().uuid(),
            },
            version: step.number % COMMANDS_PER_STREAM + 1,
            event_id: event_id(asked.command_id, 0),
            event_type: event.wire().name.to_owned(),
            schema_version: event.wire().version,
            occurred_at: now(),
            recorded_at: now(),
            actor: asked.actor,
            command_id: asked.command_id,
            correlation_id: asked.correlation_id,
            causation_id: None,
            subjects: Vec::new(),
            links: event.links(),
            trace: None,
            hash: self.previous,
        };
        if self.belong == Belong::ToThreeMore {
            // Ids of callers are far below this.
            let beside = |number: u128| Uuid::from_u128(envelope.stream.id.as_u128() + (number << 32));
            envelope.subjects = vec![SubjectId::new(beside(1))];
            envelope.links = vec![beside(2), Uuid::from_u128(u128::from(self.made % 100))];
        }
        envelope.hash = hash::hash(&self.previous, &envelope, &payload);
        self.previous = envelope.hash;
        self.receipt = Some(Receipt {
            command_id: envelope.command_id,
            tenant: envelope.stream.tenant,
            input_hash: [7; 32],
            first: Some(envelope.position),
            position: envelope.position,
            result: serde_json::to_vec(&step.account())?,
            recorded_at: envelope.recorded_at,
        });
        Ok(Recorded {
            envelope,
            payload: payload.into(),
        })
    }
}

impl Iterator for Generated {
    type Item = Result<Item>;

    fn next(&mut self) -> Option<Result<Item>> {
        if let Some(receipt) = self.receipt.take() {
            return Some(Ok(Item::Receipt(receipt)));
        }
        (self.made < self.events).then(|| self.event().map(Item::Event))
    }
}

/// Rows of both kinds.
#[derive(Default)]
pub(crate) struct Rows {
    /// Events in the order of their positions.
    pub(crate) events: Vec<Recorded>,
    /// Receipts, likewise.
    pub(crate) receipts: Vec<Receipt>,
}

impl Rows {
    /// All of a log.
    pub(crate) fn all(generated: Generated) -> Result<Self> {
        let mut rows = Self::default();
        for item in generated {
            rows.add(item?);
        }
        Ok(rows)
    }

    fn add(&mut self, item: Item) {
        match item {
            Item::Event(event) => self.events.push(event),
            Item::Receipt(receipt) => self.receipts.push(receipt),
        }
    }

    /// Writes them as an export.
    pub(crate) fn export(&self, file: &Path) -> Result<()> {
        let mut out = BufWriter::new(File::create(file)?);
        let header = Header {
            events: self.events.len() as u64,
            hash: self
                .events
                .last()
                .map_or(hash::BEFORE_THE_FIRST, |last| last.envelope.hash),
        };
        writeln!(out, "{}", lines::write_header(&header))?;
        for (event, receipt) in self.events.iter().zip(&self.receipts) {
            writeln!(out, "{}", lines::write(&Item::Event(event.clone())))?;
            writeln!(out, "{}", lines::write(&Item::Receipt(receipt.clone())))?;
        }
        out.flush()?;
        Ok(())
    }
}

/// Writes a log into an empty one, while its next rows are made on another thread.
pub(crate) async fn fill(mut target: Box<dyn Target>, generated: Generated) -> Result<()> {
    ensure!(target.begin().await?, "the log is not empty");
    let (chunks, mut coming) = mpsc::channel(WAITING);
    let making = tokio::task::spawn_blocking(move || make(generated, &chunks));
    let mut last = None;
    while let Some(rows) = coming.recv().await {
        last = rows.events.last().cloned().or(last);
        target.write(rows.events, rows.receipts).await?;
    }
    making.await??;
    target.commit(last.as_ref()).await?;
    Ok(())
}

fn make(generated: Generated, chunks: &mpsc::Sender<Rows>) -> Result<()> {
    let mut rows = Rows::default();
    for item in generated {
        rows.add(item?);
        if rows.receipts.len() >= CHUNK {
            chunks.blocking_send(std::mem::take(&mut rows))?;
        }
    }
    chunks.blocking_send(rows)?;
    Ok(())
}
