//! What surrounds every stored event.

use std::{fmt, str::FromStr, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    actor::Actor,
    fact::Category,
    ids::{CommandId, CorrelationId, EventId, OrganisationId, SubjectId},
    time::Instant,
};

/// A place in the log, in commit order, counted from 1; 0 is before the first event.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Position {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// One stream: one aggregate of one tenant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StreamId {
    /// Who owns it.
    pub tenant: OrganisationId,
    /// What kind of aggregate it holds.
    pub category: Category,
    /// Which one.
    pub id: Uuid,
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}-{}_{}",
            self.category.name(),
            self.tenant.uuid().simple(),
            self.id.simple()
        )
    }
}

/// Everything about a stored event but its payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// Place in the log.
    pub position: Position,
    /// Whose stream, of what, which.
    pub stream: StreamId,
    /// Place in the stream, counted from 1.
    pub version: u64,
    /// Derived from the command's id and the event's index in the append.
    pub event_id: EventId,
    /// Wire name of the event.
    pub event_type: String,
    /// Version of the payload's shape.
    pub schema_version: u16,
    /// When it happened, in business time.
    pub occurred_at: Instant,
    /// When it was appended: the appender's time, never earlier than that of the event before.
    pub recorded_at: Instant,
    /// Who caused it.
    pub actor: Actor,
    /// The command it was decided from.
    pub command_id: CommandId,
    /// The request that started it all.
    pub correlation_id: CorrelationId,
    /// The event that led to the command, if it was not a person.
    pub causation_id: Option<EventId>,
    /// Whose personal data it holds, sealed.
    pub subjects: Vec<SubjectId>,
    /// What else it belongs to.
    pub links: Vec<Uuid>,
    /// W3C trace context (`traceparent`) of the request.
    pub trace: Option<String>,
    /// SHA-256 over the previous event's hash, this envelope in canonical form and the payload's bytes.
    pub hash: [u8; 32],
}

/// A stored event: the envelope and the payload's exact bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Everything about it.
    pub envelope: Envelope,
    /// The payload as it was written, in JSON.
    pub payload: Arc<[u8]>,
}
