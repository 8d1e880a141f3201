//! A log as a whole, beside the appender: read to be proven or moved, and filled from an export.
//!
//! Everything here has connections of its own and needs no lock of the data folder for reading. Reading stops at a
//! position that was read first, and what is at or before a position never changes, so a running server may go on.

mod copy;
pub mod examine;
pub mod export;
pub mod import;
pub mod postgres;
pub mod prove;
mod row;
pub mod signer;
pub mod sqlite;

use async_trait::async_trait;
use domain::envelope::{Position, Recorded};
use futures::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use uuid::Uuid;

use crate::{
    lines::Item,
    log::{BoxError, ReadError, Receipt},
    merkle::Hash,
    open_error::OpenError,
};

/// What is read, one after the other, with bounded memory.
pub type Passing<'a, T> = BoxStream<'a, Result<T, ReadError>>;

/// A row of the index of links: position, id and kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Link {
    /// The event's position.
    pub position: Position,
    /// What it belongs to.
    pub id: Uuid,
    /// 1 for a thing, 2 for a person.
    pub kind: i16,
}

/// The rows that the index of links has for a position, in one: a row for each would be most of what passes by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Links {
    /// The position.
    pub position: Position,
    /// Each id in hexadecimal with its kind, ordered, one behind the other.
    pub text: String,
}

impl Links {
    /// What the index has to hold for an event; `None` when that is nothing.
    fn of(event: &Recorded) -> Option<Self> {
        let text: String = sqlite::link_rows(event)
            .map(|link| format!("{}{}", link.id.simple(), link.kind))
            .collect();
        let position = event.envelope.position;
        (!text.is_empty()).then_some(Self { position, text })
    }
}

/// The end of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    /// The last position, 0 in an empty log.
    pub position: Position,
    /// The hash of the last event, zero without any.
    pub hash: Hash,
}

/// A log that is read as a whole.
#[async_trait]
pub trait History: Send + Sync + 'static {
    /// Where it ends now.
    async fn end(&self) -> Result<End, ReadError>;

    /// Events behind a position and up to another.
    fn events(&self, after: Position, until: Position) -> Passing<'_, Recorded>;

    /// Hashes of events from the first up to a position.
    fn hashes(&self, until: Position) -> Passing<'_, Hash>;

    /// Receipts of positions up to one, in the order of an export.
    fn receipts(&self, until: Position) -> Passing<'_, Receipt>;

    /// The receipts of the commands that wrote these events; of the last command only when its last event is among them.
    async fn receipts_of(&self, page: &[Recorded]) -> Result<Vec<Receipt>, ReadError>;

    /// Up to which of the positions before one the index of links is filled; the rest follows by itself.
    async fn linked(&self, until: Position) -> Result<Position, ReadError>;

    /// The index of links up to a position, by position.
    fn links(&self, until: Position) -> Passing<'_, Links>;

    /// The lowest position that a receipt or a link has behind the last event, all at one moment; and, where the end is
    /// noted apart from the events, the position at which it is not what was noted.
    async fn strays(&self) -> Result<Strays, ReadError>;

    /// True when this is the one of all processes on the same log that signs heads, from now on as long as it lives.
    async fn leads(&self) -> Result<bool, ReadError>;

    /// Lets go of the database.
    async fn close(&self);
}

/// What is not part of the log although it stands in its tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Strays {
    /// The lowest position behind the last event that a receipt or a link has.
    pub behind_the_end: Option<Position>,
    /// The last event's position, where the end is noted as something else.
    pub end: Option<Position>,
}

/// Where a log is.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a file of SQLite.
    Sqlite(std::path::PathBuf),
    /// In schema `log` of the PostgreSQL database with this address.
    Postgres(String),
}

/// Opens a log to read it as a whole, beside whoever appends.
///
/// # Errors
/// When it is not there, cannot be reached, or is of another version.
pub async fn open(place: &Place) -> Result<std::sync::Arc<dyn History>, OpenError> {
    Ok(match place {
        Place::Sqlite(path) => std::sync::Arc::new(sqlite::SqliteHistory::open(path).await?),
        Place::Postgres(url) => std::sync::Arc::new(postgres::PostgresHistory::connect(url).await?),
    })
}

/// Everything up to a position, in the order of an export.
pub fn items(history: &dyn History, until: Position) -> Passing<'_, Item> {
    let begun = Merge {
        events: history.events(Position::START, until),
        receipts: history.receipts(until).peekable_boxed(),
        passed: Position::START,
    };
    stream::try_unfold(begun, |mut merge| async move {
        let item = merge.next().await?;
        Ok(item.map(|item| (item, merge)))
    })
    .boxed()
}

/// Events and receipts on their way into one order.
struct Merge<'a> {
    events: Passing<'a, Recorded>,
    receipts: Ahead<'a, Receipt>,
    passed: Position,
}

impl Merge<'_> {
    async fn next(&mut self) -> Result<Option<Item>, ReadError> {
        let passed = self.passed;
        if let Some(receipt) = self
            .receipts
            .next_if(|receipt| receipt.position <= passed)
            .await?
        {
            return Ok(Some(Item::Receipt(receipt)));
        }
        if let Some(event) = self.events.try_next().await? {
            self.passed = event.envelope.position;
            return Ok(Some(Item::Event(event)));
        }
        Ok(self.receipts.next_if(|_| true).await?.map(Item::Receipt))
    }
}

/// A stream of which one item can be looked at before it is taken.
pub(crate) struct Ahead<'a, T> {
    stream: Passing<'a, T>,
    ahead: Option<T>,
}

pub(crate) trait PeekableBoxed<'a, T> {
    /// The same, with a look ahead.
    fn peekable_boxed(self) -> Ahead<'a, T>;
}

impl<'a, T> PeekableBoxed<'a, T> for Passing<'a, T> {
    fn peekable_boxed(self) -> Ahead<'a, T> {
        Ahead {
            stream: self,
            ahead: None,
        }
    }
}

impl<T> Ahead<'_, T> {
    /// The next item if it is one that is wanted.
    pub(crate) async fn next_if(&mut self, wanted: impl FnOnce(&T) -> bool) -> Result<Option<T>, ReadError> {
        if self.ahead.is_none() {
            self.ahead = self.stream.try_next().await?;
        }
        Ok(self.ahead.take_if(|item| wanted(item)))
    }
}

/// The cause of a read that failed for another reason than what is stored.
pub(crate) fn failed(error: impl Into<BoxError>) -> ReadError {
    ReadError::Unavailable(error.into())
}
