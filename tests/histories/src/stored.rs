//! A history as the rows of a log, and a log that is filled with them.
//!
//! Rows are chained and every append has its receipt, as if it had been made by commands; so the fast way into an empty
//! log, which is that of an import, leads to a log that can be verified.

use domain::{
    actor::Actor,
    envelope::{Envelope, Position, Recorded},
    ids::OrganisationId,
};
use store::{
    hash,
    history::import::{ImportError, Target},
    log::{Append, CommandMeta, Receipt, StreamWrite, event_id},
    merkle::Hash,
};
use tokio::sync::mpsc;

use crate::{
    history::{History, Scale},
    values::{id, moment},
};

/// Events of one chunk on its way into a database, and how many chunks may wait for it.
const CHUNK: usize = 1_000;
const WAITING: usize = 2;

/// Rows of both kinds.
#[derive(Default, Debug)]
pub struct Rows {
    /// Events in the order of their positions.
    pub events: Vec<Recorded>,
    /// Receipts, likewise.
    pub receipts: Vec<Receipt>,
}

/// An append of a history as a log takes it; appends are counted from 1.
pub fn append(number: i64, writes: Vec<StreamWrite>) -> Append {
    Append {
        command: command(number, tenant_of(&writes)),
        now: moment(number),
        writes,
        result: b"null".to_vec(),
    }
}

fn tenant_of(writes: &[StreamWrite]) -> OrganisationId {
    writes
        .first()
        .map(|write| write.stream.tenant)
        .expect("every append writes something")
}

fn command(number: i64, tenant: OrganisationId) -> CommandMeta {
    let unsigned = u128::from(number.unsigned_abs());
    CommandMeta {
        tenant,
        command_id: id(unsigned),
        input_hash: [0; 32],
        correlation_id: id(unsigned),
        causation_id: None,
        actor: Actor::system("history"),
        trace: None,
    }
}

/// The rows of a history, until there are at least so many events.
#[derive(Debug)]
pub struct Stored {
    history: History,
    most: u64,
    position: u64,
    previous: Hash,
}

impl Stored {
    /// About so many events: the last append is stored as a whole.
    pub fn events(most: u64, seed: u64) -> Self {
        Self {
            history: History::new(Scale::events(most), seed),
            most,
            position: 0,
            previous: hash::BEFORE_THE_FIRST,
        }
    }

    /// The rows of the next append; `None` when there are enough.
    fn next_into(&mut self, rows: &mut Rows) -> Option<()> {
        if self.position >= self.most {
            return None;
        }
        let writes = self.history.next()?;
        let number = self.history.appends();
        let command = command(number, tenant_of(&writes));
        let first = Position(self.position + 1);
        let mut index = 0;
        for write in writes {
            for (version, event) in (write.expected + 1..).zip(write.events) {
                self.position += 1;
                let mut envelope = Envelope {
                    position: Position(self.position),
                    stream: write.stream,
                    version,
                    event_id: event_id(command.command_id, index),
                    event_type: event.event_type,
                    schema_version: event.schema_version,
                    occurred_at: event.occurred_at,
                    recorded_at: event.occurred_at,
                    actor: command.actor.clone(),
                    command_id: command.command_id,
                    correlation_id: command.correlation_id,
                    causation_id: None,
                    subjects: event.subjects,
                    links: event.links,
                    trace: None,
                    hash: self.previous,
                };
                envelope.hash = hash::hash(&self.previous, &envelope, &event.payload);
                self.previous = envelope.hash;
                index += 1;
                rows.events.push(Recorded {
                    envelope,
                    payload: event.payload.into(),
                });
            }
        }
        rows.receipts.push(Receipt {
            command_id: command.command_id,
            tenant: command.tenant,
            input_hash: command.input_hash,
            first: Some(first),
            position: Position(self.position),
            result: b"null".to_vec(),
            recorded_at: moment(number),
        });
        Some(())
    }
}

impl Iterator for Stored {
    type Item = Rows;

    /// A chunk of whole appends.
    fn next(&mut self) -> Option<Rows> {
        let mut rows = Rows::default();
        while rows.events.len() < CHUNK && self.next_into(&mut rows).is_some() {}
        (!rows.events.is_empty()).then_some(rows)
    }
}

/// Fills an empty log, while its next rows are made on another thread; says how many events it holds then.
///
/// # Errors
/// [`ImportError`], when the log is not empty or the database failed.
pub async fn fill(mut target: Box<dyn Target>, stored: Stored) -> Result<u64, ImportError> {
    if !target.begin().await? {
        return Err(ImportError::NotEmpty);
    }
    let (chunks, mut coming) = mpsc::channel(WAITING);
    let making = tokio::task::spawn_blocking(move || {
        for rows in stored {
            // Nobody takes them any more when the database failed, which is what is reported.
            if chunks.blocking_send(rows).is_err() {
                return;
            }
        }
    });
    let mut last = None;
    while let Some(rows) = coming.recv().await {
        last = rows.events.last().cloned().or(last);
        target.write(rows.events, rows.receipts).await?;
    }
    making.await?;
    let events = last.as_ref().map_or(0, |last| last.envelope.position.0);
    target.commit(last.as_ref()).await?;
    Ok(events)
}
