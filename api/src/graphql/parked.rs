//! Events that a read model could not fold.

use async_graphql::{ID, Result, SimpleObject};
use projections::poison;

use super::{
    connection::{Cursor, Page, PageInfo, page},
    scalars::{DateTime, Position},
    user_error::int,
};

/// Parked events have one order and no filter, so their cursors are bound to nothing that changes.
const BINDING: u64 = 0x7061_726b;

/// An event that a read model could not fold, also not when it was tried again. What it is about waits in that read
/// model, everything else goes on. `retryParked` and `skipParked` end the waiting.
#[derive(SimpleObject, Clone, Debug)]
pub struct ParkedEvent {
    /// The read model's name.
    read_model: String,
    /// Where the event is in the log.
    position: Position,
    /// The event's id.
    event_id: ID,
    /// The event's name, as it is stored.
    #[graphql(name = "type")]
    event_type: String,
    /// The version of its shape.
    schema_version: i32,
    /// When it was recorded, which is since when rows may wait.
    recorded_at: DateTime,
    /// Bytes of its payload.
    bytes: i32,
    /// Short code of what is wrong; clients must tolerate codes they do not know.
    code: String,
    /// What is wrong, for people.
    message: String,
    /// The ids of what waits: an interview, an account.
    waiting: Vec<ID>,
    /// How many rows wait; a row that the event was to make is not there yet.
    rows: i32,
}

impl From<poison::ParkedEvent> for ParkedEvent {
    fn from(event: poison::ParkedEvent) -> Self {
        let envelope = event.envelope;
        Self {
            read_model: event.model.to_owned(),
            position: Position(envelope.position),
            event_id: envelope.event_id.to_string().into(),
            event_type: envelope.event_type,
            schema_version: envelope.schema_version.into(),
            recorded_at: DateTime(envelope.recorded_at),
            bytes: int(event.bytes),
            code: event.fault.code().to_owned(),
            message: event.fault.sentence().to_owned(),
            waiting: event
                .waiting
                .iter()
                .map(|waiting| waiting.to_string().into())
                .collect(),
            rows: int(event.rows),
        }
    }
}

/// A parked event and its place in the list.
#[derive(SimpleObject, Clone, Debug)]
pub struct ParkedEventEdge {
    /// Its place.
    cursor: Cursor,
    /// The event.
    node: ParkedEvent,
}

/// A part of the parked events.
#[derive(SimpleObject, Clone, Debug)]
pub struct ParkedEventConnection {
    /// In the order of the log.
    edges: Vec<ParkedEventEdge>,
    /// Where the part lies in the list.
    page_info: PageInfo,
    /// How many there are in all.
    total_count: i32,
}

/// The order of the list.
fn place(event: &poison::ParkedEvent) -> (i64, &'static str) {
    let position = i64::try_from(event.envelope.position.0).unwrap_or(i64::MAX);
    (position, event.model)
}

impl ParkedEventConnection {
    /// A part of the events that are parked. There are few: each is one that a person has to look at.
    ///
    /// # Errors
    /// When the paging arguments make no sense.
    pub fn page(
        mut events: Vec<poison::ParkedEvent>,
        first: Option<i32>,
        after: Option<Cursor>,
        last: Option<i32>,
        before: Option<Cursor>,
    ) -> Result<Self> {
        events.sort_by_key(place);
        let total = events.len();
        let range = match page(first, after, last, before, BINDING)? {
            Page::Forward { after, first } => {
                let from = after.map_or(0, |after| {
                    events.partition_point(|event| place(event) <= (after.sort, after.key.as_str()))
                });
                from..from.saturating_add(count(first)).min(total)
            }
            Page::Backward { before, last } => {
                let to = before.map_or(total, |before| {
                    events.partition_point(|event| place(event) < (before.sort, before.key.as_str()))
                });
                to.saturating_sub(count(last))..to
            }
        };
        let (from, to) = (range.start, range.end);
        let edges: Vec<_> = events.drain(range).map(edge).collect();
        Ok(Self {
            page_info: PageInfo {
                has_next_page: to < total,
                has_previous_page: from > 0,
                start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            },
            edges,
            total_count: int(total),
        })
    }
}

fn count(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

fn edge(event: poison::ParkedEvent) -> ParkedEventEdge {
    let (sort, key) = place(&event);
    ParkedEventEdge {
        cursor: Cursor {
            binding: BINDING,
            sort,
            key: key.to_owned(),
        },
        node: event.into(),
    }
}
