//! Fills an empty log from an export, all of it or nothing.
//!
//! The lines are read, parsed and proven on a thread of their own while the rows before them are written, with at most
//! two chunks between the two. Everything is one transaction: when a line is bad, the file ends early or the process is
//! killed, the log is as empty as before.

use std::io::BufRead;

use async_trait::async_trait;
use domain::envelope::{Position, Recorded};
use tokio::sync::mpsc;

use super::{Place, postgres::PostgresTarget, sqlite::SqliteTarget};
use crate::{
    audit::Verifier,
    heads::Head,
    lines::{Header, Item, LineError, Lines},
    log::Receipt,
    merkle::Hash,
    open_error::OpenError,
};

/// Most events or receipts of one chunk, and most bytes of their payloads and results.
const CHUNK_ROWS: usize = 1_000;
const CHUNK_BYTES: usize = 4 * 1024 * 1024;
/// Chunks that may wait for the database.
const WAITING: usize = 2;

/// Why a log was not imported. Nothing of it is left in the database.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is a log already.
    #[error("the log there is not empty: import into a new data folder or database")]
    NotEmpty,
    /// A line cannot be used.
    #[error(transparent)]
    Line(#[from] LineError),
    /// Every line fits the one before it, but a stream has gaps.
    #[error("a stream whose last event is at {position} has gaps")]
    TornStream {
        /// The last position of the first such stream.
        position: Position,
    },
    /// The database failed.
    #[error("the log could not be written")]
    Database(#[from] sqlx::Error),
    /// The file of the database failed.
    #[error("the log could not be written")]
    File(#[from] rusqlite::Error),
    /// What reads or what writes stopped before it was through.
    #[error("the import did not come to its end")]
    Stopped(#[from] tokio::task::JoinError),
}

/// A log that is filled in one transaction, which is abandoned when the value is dropped.
#[async_trait]
pub trait Target: Send {
    /// Begins the transaction; true when the log is empty.
    async fn begin(&mut self) -> Result<bool, ImportError>;
    /// Writes events and receipts with their index of links.
    async fn write(&mut self, events: Vec<Recorded>, receipts: Vec<Receipt>) -> Result<(), ImportError>;
    /// The last position of a stream whose versions have gaps, the lowest of those.
    async fn torn_stream(&mut self) -> Result<Option<Position>, ImportError>;
    /// Ends the transaction; durable when it returns.
    async fn commit(self: Box<Self>, last: Option<&Recorded>) -> Result<(), ImportError>;
}

/// Opens a log to fill it.
///
/// # Errors
/// When it cannot be opened or is of another version.
pub async fn open(place: &Place) -> Result<Box<dyn Target>, OpenError> {
    Ok(match place {
        Place::Sqlite(path) => Box::new(SqliteTarget::open(path).await?),
        Place::Postgres(url) => Box::new(PostgresTarget::connect(url).await?),
    })
}

/// What was imported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Imported {
    /// How many events, which is the last position.
    pub events: u64,
    /// How many receipts.
    pub receipts: u64,
    /// The hash of the last event.
    pub hash: Hash,
}

#[derive(Default)]
struct Chunk {
    events: Vec<Recorded>,
    receipts: Vec<Receipt>,
    bytes: usize,
}

impl Chunk {
    fn add(&mut self, item: Item) {
        match item {
            Item::Event(event) => {
                self.bytes += event.payload.len();
                self.events.push(event);
            }
            Item::Receipt(receipt) => {
                self.bytes += receipt.result.len();
                self.receipts.push(receipt);
            }
        }
    }

    const fn is_full(&self) -> bool {
        self.events.len() >= CHUNK_ROWS || self.receipts.len() >= CHUNK_ROWS || self.bytes >= CHUNK_BYTES
    }
}

/// Imports. The heads are those of [`crate::heads::in_force`] which the log has to fit as far as it goes; `report` hears
/// how many events of how many are written.
///
/// # Errors
/// [`ImportError`]; nothing is written then.
pub async fn import(
    mut target: Box<dyn Target>,
    reader: impl BufRead + Send + 'static,
    heads: Vec<Head>,
    report: &(dyn Fn(u64, u64) + Sync),
) -> Result<Imported, ImportError> {
    let (header, lines) = Lines::open(reader)?;
    if !target.begin().await? {
        return Err(ImportError::NotEmpty);
    }
    let (chunks, mut coming) = mpsc::channel(WAITING);
    let reading = tokio::task::spawn_blocking(move || read(header, lines, heads, &chunks));
    let mut last = None;
    while let Some(chunk) = coming.recv().await {
        last = chunk.events.last().cloned().or(last);
        target.write(chunk.events, chunk.receipts).await?;
        let done = last
            .as_ref()
            .map_or(0, |last: &Recorded| last.envelope.position.0);
        report(done, header.events);
    }
    let imported = reading.await??;
    if let Some(position) = target.torn_stream().await? {
        return Err(ImportError::TornStream { position });
    }
    target.commit(last.as_ref()).await?;
    Ok(imported)
}

/// Reads and proves everything. Ends early when nobody takes the chunks any more.
fn read<R: BufRead>(
    header: Header,
    mut lines: Lines<R>,
    heads: Vec<Head>,
    chunks: &mpsc::Sender<Chunk>,
) -> Result<Imported, LineError> {
    let known = heads.into_iter().filter(|head| head.size <= header.events);
    let (mut verifier, mut chunk) = (Verifier::new(known), Chunk::default());
    while let Some(item) = lines.next()? {
        let held = match &item {
            Item::Event(event) => verifier.event(event),
            Item::Receipt(receipt) => verifier.receipt(receipt),
        };
        held.map_err(|fault| lines.error(fault.to_string()))?;
        chunk.add(item);
        if chunk.is_full() && chunks.blocking_send(std::mem::take(&mut chunk)).is_err() {
            break;
        }
    }
    let verified = verifier.end().map_err(|fault| lines.error(fault.to_string()))?;
    if verified.events != header.events || verified.hash != header.hash {
        return Err(lines.error(format!(
            "the log ends at {}, but its first line says that it ends at {} with another event",
            verified.events, header.events
        )));
    }
    if !(chunk.events.is_empty() && chunk.receipts.is_empty()) {
        // The receiver is gone only when the database failed, which is what is reported.
        let _ = chunks.blocking_send(chunk);
    }
    Ok(Imported {
        events: verified.events,
        receipts: verified.receipts,
        hash: verified.hash,
    })
}
