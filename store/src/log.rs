//! The log as the rest of the system sees it: an object-safe port with named failures.
//!
//! Every back end passes one contract suite. What the port promises is written here; a difference between back ends is
//! a bug or a [`Capabilities`] flag.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    actor::Actor,
    envelope::{Envelope, Position, Recorded, StreamId},
    fact::Category,
    ids::{CommandId, CorrelationId, EventId, OrganisationId, SubjectId, derive},
    time::Instant,
};
use futures::stream::BoxStream;
use tokio::sync::watch;
use uuid::Uuid;

/// Most bytes of one event's payload.
pub const MAX_PAYLOAD_BYTES: usize = 5 * 1024 * 1024;
/// Most events of one append, and most streams.
pub const MAX_EVENTS: usize = 10_000;
/// Most bytes of all payloads of one append and its result, so that a batch fits into memory and into one statement.
pub const MAX_APPEND_BYTES: usize = 64 * 1024 * 1024;

/// The id of an append's event, by its index among all events of the append: the same command gives the same ids.
pub fn event_id(command: CommandId, index: u64) -> EventId {
    derive(&[command.uuid().as_bytes(), &index.to_be_bytes()])
}

/// What a back end can do beyond the least.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// Positions have no gaps, and the events of one append stand together.
    pub gapless: bool,
    /// One append may write several streams, all or nothing. Guards hold when it is decided.
    pub multi_stream: bool,
    /// Of an append over several streams nobody ever sees a part. Without it a part may be seen until the append is
    /// acknowledged, or, when its node fell away, until another node has finished it; and an event on a guarded stream may
    /// stand in the log between the moment that the guard was checked and the append's own events.
    pub isolated: bool,
    /// One append takes up to [`MAX_APPEND_BYTES`]. Without it less, as the back end is configured:
    /// [`AppendError::TooLarge`] tells how much.
    pub large_appends: bool,
}

impl Capabilities {
    /// Everything the port can promise.
    pub const ALL: Self = Self {
        gapless: true,
        multi_stream: true,
        isolated: true,
        large_appends: true,
    };
}

/// One event to be appended, already encoded and sealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEvent {
    /// Wire name.
    pub event_type: String,
    /// Version of the payload's shape.
    pub schema_version: u16,
    /// The payload in JSON, stored byte for byte.
    pub payload: Vec<u8>,
    /// When it happened, in business time.
    pub occurred_at: Instant,
    /// What else it belongs to, at most [`domain::event::MAX_LINKS`].
    pub links: Vec<Uuid>,
    /// Whose sealed data is in it.
    pub subjects: Vec<SubjectId>,
}

/// What an append does to one stream, if the stream is where it is expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StreamWrite {
    /// Which stream.
    pub stream: StreamId,
    /// How many events it must hold; 0 for a stream that must not exist.
    pub expected: u64,
    /// What is added. None: the stream was only read, and guards the append.
    pub events: Vec<NewEvent>,
}

/// The command that an append belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandMeta {
    /// Whose command.
    pub tenant: OrganisationId,
    /// Its id; the same id again is the same command again.
    pub command_id: CommandId,
    /// Keyed hash of its input, so that another input under the same id is noticed.
    pub input_hash: [u8; 32],
    /// The request that started it all.
    pub correlation_id: CorrelationId,
    /// The event that led to it, if it was not a person.
    pub causation_id: Option<EventId>,
    /// Who asked.
    pub actor: Actor,
    /// W3C trace context.
    pub trace: Option<String>,
}

/// One atomic append over any number of streams, with its receipt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Append {
    /// The command it belongs to.
    pub command: CommandMeta,
    /// Business time at the appender; recorded as it is or as the last event's, whichever is later.
    pub now: Instant,
    /// What happens to each stream; no stream twice. Events get positions in this order.
    pub writes: Vec<StreamWrite>,
    /// The command's result, kept in the receipt: JSON.
    pub result: Vec<u8>,
}

/// What is kept of every accepted command, also of one that changed nothing. For ever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Which command.
    pub command_id: CommandId,
    /// Whose.
    pub tenant: OrganisationId,
    /// Keyed hash of its input.
    pub input_hash: [u8; 32],
    /// First position it wrote; `None` when it changed nothing.
    pub first: Option<Position>,
    /// Last position it wrote, or the head of the log when it changed nothing.
    pub position: Position,
    /// Its result: JSON.
    pub result: Vec<u8>,
    /// When it was accepted.
    pub recorded_at: Instant,
}

/// Why an append was not made.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// A stream is not where it was expected.
    #[error("{stream} is at {actual}, not at {expected}")]
    Conflict {
        /// Which stream.
        stream: StreamId,
        /// Where it was expected.
        expected: u64,
        /// Where it is.
        actual: u64,
    },
    /// The command was accepted before; its receipt says with what result, and its `input_hash` whether it was the same.
    #[error("command {} was accepted before", .0.command_id)]
    Duplicate(Box<Receipt>),
    /// Too much is waiting; try again after a while.
    #[error("the log is busy")]
    Busy {
        /// How long to wait at least.
        retry_after: Duration,
    },
    /// The database cannot be reached or failed.
    #[error("the log is unavailable")]
    Unavailable {
        /// True when the append may have happened; ask for the receipt, or send the same command again.
        outcome_unknown: bool,
        /// What failed.
        #[source]
        source: BoxError,
    },
    /// An event or the append is larger than allowed.
    #[error("{what}: {actual} is more than {most}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The most that is allowed.
        most: usize,
        /// How large it is.
        actual: usize,
    },
}

/// Why reading failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The database cannot be reached or failed.
    #[error("the log is unavailable")]
    Unavailable(#[source] BoxError),
    /// What is stored is not what was written.
    #[error("the log is corrupt at {position}: {what}")]
    Corrupt {
        /// Where.
        position: Position,
        /// What is wrong.
        what: String,
    },
}

/// A cause from a library below.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// In which order events are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Oldest first.
    Forward,
    /// Newest first.
    Backward,
}

/// Which events are read. All by position, but [`Filter::Stream`], which is the same order by version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Filter {
    /// Every event.
    All,
    /// Those of one tenant.
    Tenant(OrganisationId),
    /// Those of one category, in every tenant or in one.
    Category {
        /// Which category.
        category: Category,
        /// Of which tenant, or of all.
        tenant: Option<OrganisationId>,
    },
    /// Those of any of several categories, in every tenant: what somebody hears who goes through the whole log.
    Categories(Vec<Category>),
    /// Those of one type, by wire name, in every version.
    Type(String),
    /// Those of one stream.
    Stream(StreamId),
    /// Those of a tenant that belong to one id: linked to it, or in a stream of that id.
    Link {
        /// Whose.
        tenant: OrganisationId,
        /// Which id.
        link: Uuid,
    },
    /// Those with sealed data of one person.
    Subject(SubjectId),
    /// Those that follow from one request.
    Correlation(CorrelationId),
}

/// True when an event is one that the filter asks for; the meaning of a filter in one place.
pub fn event_matches(filter: &Filter, event: &Envelope) -> bool {
    match filter {
        Filter::All => true,
        Filter::Tenant(tenant) => event.stream.tenant == *tenant,
        Filter::Category { category, tenant } => {
            event.stream.category == *category && tenant.is_none_or(|tenant| event.stream.tenant == tenant)
        }
        Filter::Categories(categories) => categories.contains(&event.stream.category),
        Filter::Type(name) => event.event_type == *name,
        Filter::Stream(stream) => event.stream == *stream,
        Filter::Link { tenant, link } => {
            event.stream.tenant == *tenant && (event.stream.id == *link || event.links.contains(link))
        }
        Filter::Subject(subject) => event.subjects.contains(subject),
        Filter::Correlation(correlation) => event.correlation_id == *correlation,
    }
}

/// What to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query {
    /// Which events.
    pub filter: Filter,
    /// In which order.
    pub direction: Direction,
    /// Only events behind this position in reading order: above it forward, below it backward.
    pub after: Option<Position>,
    /// Only events up to and including this position, in both directions, as a look at the past asks for.
    pub until: Option<Position>,
    /// At most so many.
    pub limit: Option<u64>,
}

impl Query {
    /// All matching events, oldest first.
    pub const fn forward(filter: Filter) -> Self {
        Self {
            filter,
            direction: Direction::Forward,
            after: None,
            until: None,
            limit: None,
        }
    }

    /// All matching events, newest first.
    pub const fn backward(filter: Filter) -> Self {
        Self {
            filter,
            direction: Direction::Backward,
            after: None,
            until: None,
            limit: None,
        }
    }

    /// The same, behind a position.
    #[must_use]
    pub const fn after(mut self, position: Position) -> Self {
        self.after = Some(position);
        self
    }

    /// The same, up to and including a position.
    #[must_use]
    pub const fn until(mut self, position: Position) -> Self {
        self.until = Some(position);
        self
    }

    /// The same, but at most so many.
    #[must_use]
    pub const fn limit(mut self, events: u64) -> Self {
        self.limit = Some(events);
        self
    }
}

/// Events as they are read, with bounded memory.
pub type Events<'a> = BoxStream<'a, Result<Recorded, ReadError>>;

/// The append-only log of everything that happened.
///
/// Promises: one position in commit order, and a reader never sees a later one before an earlier one; an append over
/// several streams is all or nothing, with an expectation for each; acknowledged means durable, and seen by every later
/// read; a receipt for every accepted command, for ever; `recorded_at` never goes back; every event carries the hash
/// chain. What of this holds only on some back ends is said by [`Capabilities`].
#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// What this back end can do.
    fn capabilities(&self) -> Capabilities;

    /// Appends, or says why not. Conflicting appends do not fail their neighbours.
    async fn append(&self, append: Append) -> Result<Receipt, AppendError>;

    /// Reads events in the order asked for.
    fn read(&self, query: Query) -> Events<'_>;

    /// How many events each stream holds, in the order asked, all at one moment; 0 for a stream that does not exist.
    async fn versions(&self, streams: &[StreamId]) -> Result<Vec<u64>, ReadError>;

    /// The last position, 0 when nothing was ever appended.
    async fn head(&self) -> Result<Position, ReadError>;

    /// The last position recorded at or before a moment, 0 when there is none.
    async fn position_at(&self, moment: Instant) -> Result<Position, ReadError>;

    /// When the last event was recorded.
    async fn last_recorded_at(&self) -> Result<Option<Instant>, ReadError>;

    /// What is kept of a command, if it was accepted.
    async fn receipt(&self, command: CommandId) -> Result<Option<Receipt>, ReadError>;

    /// A position that was readable; changes when events are appended, by this node at once and by others soon.
    fn tail(&self) -> watch::Receiver<Position>;
}
