//! The form of our events in the cluster: names of streams, metadata, and what is kept of an append until it is done.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use domain::{
    actor::Actor,
    envelope::{Envelope, Position, StreamId},
    fact::Category,
    ids::{CommandId, CorrelationId, EventId, Id, OrganisationId, SubjectId},
    time::{Instant, whole_micros},
};
use eventstore::{EventData, RecordedEvent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::log::{Append, event_id};
use uuid::Uuid;

/// What stands in an event's metadata. The names with a dollar sign are those that the cluster's own projections know.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Metadata {
    #[serde(rename = "$correlationId")]
    correlation: Uuid,
    #[serde(rename = "$causationId", default, skip_serializing_if = "Option::is_none")]
    causation: Option<Uuid>,
    command: Uuid,
    schema: u16,
    /// Microseconds since 1970.
    occurred_at: i64,
    /// The appender's time, microseconds since 1970.
    recorded_at: i64,
    actor: Actor,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    subjects: Vec<Uuid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    /// The event's type is empty, which the cluster takes for none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unnamed: bool,
}

/// The type in the cluster of an event without one.
const UNNAMED: &str = "unnamed";

/// How our streams are called in the cluster: `category-tenant_id`, behind a namespace when there is one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Names(String);

impl Names {
    /// Names in a namespace; in none when it is empty.
    pub(crate) fn within(namespace: &str) -> Self {
        Self(if namespace.is_empty() {
            String::new()
        } else {
            format!("{namespace}.")
        })
    }

    /// What a stream is called.
    pub(crate) fn name(&self, stream: StreamId) -> String {
        format!("{}{stream}", self.0)
    }

    /// The stream that a name stands for; none for streams that are not ours.
    pub(crate) fn stream(&self, name: &str) -> Option<StreamId> {
        let (category, rest) = name.strip_prefix(&self.0)?.split_once('-')?;
        let (tenant, id) = rest.split_once('_')?;
        let stream = StreamId {
            tenant: OrganisationId::new(Uuid::try_parse(tenant).ok()?),
            category: Category::from_name(category)?,
            id: Uuid::try_parse(id).ok()?,
        };
        // Another spelling of the same ids is another stream.
        (self.name(stream) == name).then_some(stream)
    }
}

/// An event of ours as the cluster keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Without hash, and with the appender's time.
    pub(crate) envelope: Envelope,
    pub(crate) payload: Bytes,
}

/// Reads one of our events. Its position is the one given, because reads of one stream know none.
pub(crate) fn found(
    event: &RecordedEvent,
    stream: StreamId,
    position: Position,
) -> Result<Found, &'static str> {
    let metadata: Metadata = serde_json::from_slice(&event.custom_metadata)
        .map_err(|_| "its metadata is not that of our events")?;
    let moment = |micros| Instant::from_timestamp_micros(micros).ok_or("a moment is not one");
    Ok(Found {
        envelope: Envelope {
            position,
            stream,
            version: event.revision + 1,
            event_id: EventId::new(event.id),
            event_type: if metadata.unnamed {
                String::new()
            } else {
                event.event_type.clone()
            },
            schema_version: metadata.schema,
            occurred_at: moment(metadata.occurred_at)?,
            recorded_at: moment(metadata.recorded_at)?,
            actor: metadata.actor,
            command_id: CommandId::new(metadata.command),
            correlation_id: CorrelationId::new(metadata.correlation),
            causation_id: metadata.causation.map(EventId::new),
            subjects: metadata.subjects.into_iter().map(SubjectId::new).collect(),
            links: metadata.links,
            trace: metadata.trace,
            hash: store::hash::BEFORE_THE_FIRST,
        },
        payload: event.data.clone(),
    })
}

/// What an append writes, byte for byte, so that whoever finishes it writes the same.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) writes: Vec<PlannedWrite>,
}

/// What an append writes to one stream.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct PlannedWrite {
    tenant: Uuid,
    category: String,
    id: Uuid,
    /// How many events the stream holds before.
    pub(crate) expected: u64,
    events: Vec<PlannedEvent>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct PlannedEvent {
    id: Uuid,
    event_type: String,
    /// Base64.
    payload: String,
    metadata: Metadata,
}

impl Plan {
    /// The writes of an append in its order, without its guards. `recorded_at` is the appender's time.
    pub(crate) fn new(append: &Append, recorded_at: Instant) -> Self {
        let mut index = 0;
        let writes = append.writes.iter().filter(|write| !write.events.is_empty());
        let writes = writes.map(|write| PlannedWrite {
            tenant: write.stream.tenant.uuid(),
            category: write.stream.category.name().to_owned(),
            id: write.stream.id,
            expected: write.expected,
            events: write
                .events
                .iter()
                .map(|event| {
                    let id = event_id(append.command.command_id, index).uuid();
                    index += 1;
                    PlannedEvent {
                        id,
                        event_type: event.event_type.clone(),
                        payload: STANDARD.encode(&event.payload),
                        metadata: Metadata {
                            correlation: append.command.correlation_id.uuid(),
                            causation: append.command.causation_id.map(Id::uuid),
                            command: append.command.command_id.uuid(),
                            schema: event.schema_version,
                            occurred_at: whole_micros(event.occurred_at).timestamp_micros(),
                            recorded_at: recorded_at.timestamp_micros(),
                            actor: append.command.actor.clone(),
                            subjects: event.subjects.iter().map(|id| id.uuid()).collect(),
                            links: event.links.clone(),
                            trace: append.command.trace.clone(),
                            unnamed: event.event_type.is_empty(),
                        },
                    }
                })
                .collect(),
        });
        Self {
            writes: writes.collect(),
        }
    }
}

impl PlannedWrite {
    pub(crate) fn stream(&self) -> Option<StreamId> {
        Some(StreamId {
            tenant: OrganisationId::new(self.tenant),
            category: Category::from_name(&self.category)?,
            id: self.id,
        })
    }

    /// How many events are written.
    pub(crate) fn count(&self) -> u64 {
        self.events.len() as u64
    }

    /// Id of the first of its events.
    pub(crate) fn first_id(&self) -> Option<Uuid> {
        self.events.first().map(|event| event.id)
    }

    /// The events as the client takes them.
    pub(crate) fn events(&self) -> Result<Vec<EventData>, serde_json::Error> {
        self.events.iter().map(PlannedEvent::data).collect()
    }

    /// How many bytes a node counts for it.
    pub(crate) fn size(&self) -> Result<usize, serde_json::Error> {
        let mut size = 0;
        for event in &self.events {
            let metadata = serde_json::to_vec(&event.metadata)?.len();
            size += event.payload.len() / 4 * 3 + metadata + 2 * event.event_type.len();
        }
        Ok(size)
    }
}

impl PlannedEvent {
    fn data(&self) -> Result<EventData, serde_json::Error> {
        let payload = STANDARD
            .decode(&self.payload)
            .map_err(<serde_json::Error as serde::de::Error>::custom)?;
        let event_type = if self.metadata.unnamed {
            UNNAMED
        } else {
            &self.event_type
        };
        let data = match whole_json(&payload) {
            Some(json) => EventData::json(event_type, &json)?,
            None => EventData::binary(event_type, payload.into()),
        };
        data.id(self.id).metadata_as_json(&self.metadata)
    }
}

/// The payload as JSON, if it is written as it stands: the cluster then shows it and lets projections read it.
fn whole_json(payload: &[u8]) -> Option<&RawValue> {
    let json: &RawValue = serde_json::from_slice(payload).ok()?;
    (json.get().len() == payload.len()).then_some(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_category_has_a_dash() {
        let with_dash: Vec<_> = Category::ALL
            .iter()
            .filter(|category| category.name().contains('-'))
            .collect();
        assert!(with_dash.is_empty(), "{with_dash:?}");
        assert!(Category::ALL.len() > 5);
    }

    #[test]
    fn a_stream_is_found_by_its_name() {
        let stream = StreamId {
            tenant: OrganisationId::new(Uuid::from_u128(7)),
            category: Category::Interview,
            id: Uuid::from_u128(9),
        };
        let (plain, spaced) = (Names::within(""), Names::within("west"));
        assert_eq!(plain.stream(&stream.to_string()), Some(stream));
        assert_eq!(plain.stream(&stream.to_string().to_uppercase()), None);
        assert_eq!(plain.stream("$stats-127.0.0.1:2113"), None);
        assert_eq!(plain.stream("interview-7_9"), None);
        assert_eq!(plain.stream("order-1"), None);
        assert_eq!(spaced.stream(&spaced.name(stream)), Some(stream));
        assert_eq!(spaced.stream(&plain.name(stream)), None);
        assert_eq!(plain.stream(&spaced.name(stream)), None);
    }

    #[test]
    fn only_json_without_anything_around_it_is_sent_as_json() {
        assert!(whole_json(b"{\"a\": 1 }").is_some());
        assert!(whole_json(b"{\"a\": 1 }\n").is_none());
        assert!(whole_json(b" {}").is_none());
        assert!(whole_json(b"").is_none());
        assert!(whole_json(&[0, 255]).is_none());
    }
}
