//! Events: facts with a written wire name and version, one enum per aggregate.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    fact::Category,
    ids::{Id, Kind},
};

/// The name and version under which an event is stored. Written constants: renaming a Rust type changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Wire {
    /// Name of the event, unique in the system, such as `interview.confirmed`.
    pub name: &'static str,
    /// Version of its shape, counted from 1.
    pub version: u16,
}

/// An event type as generated documentation shows it.
#[derive(Debug)]
pub struct EventType {
    /// Which streams hold it.
    pub category: Category,
    /// Name and version.
    pub wire: Wire,
    /// JSON schema of the payload.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// A stored payload that is not an event of this enum and version.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No event has this name and version.
    #[error("no event is called {name} in version {version}")]
    Unknown {
        /// The stored name.
        name: String,
        /// The stored version.
        version: u16,
    },
    /// The payload does not have the event's shape.
    #[error("the payload of {name} does not have its shape")]
    Shape {
        /// The stored name.
        name: &'static str,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
}

/// The events of one aggregate. Implemented by [`events!`](crate::events).
pub trait Event: cqrs_es::DomainEvent + 'static {
    /// Which streams hold them.
    const CATEGORY: Category;

    /// Name and version that this event is stored under.
    fn wire(&self) -> Wire;

    /// The payload, without name and version.
    ///
    /// # Errors
    /// Only for an open sealed value outside the codec, or one whose key is missing; see [`crate::sealed`].
    fn payload(&self) -> Result<Vec<u8>, serde_json::Error>;

    /// The event with this stored name, version and payload.
    ///
    /// # Errors
    /// [`DecodeError`], when it is none of this enum.
    fn decode(name: &str, version: u16, payload: &[u8]) -> Result<Self, DecodeError>;

    /// The ids that this event belongs to beside its own stream: at most [`MAX_LINKS`], for timelines, time travel and
    /// rebuild by key.
    fn links(&self) -> Vec<Uuid>;

    /// Every event of the enum.
    fn types() -> Vec<EventType>;
}

/// How many links an event may have; the most are one interview, one account and what they are about.
pub const MAX_LINKS: usize = 4;

/// A field that can be a link: an id, or ids that may be absent.
pub trait LinkSource {
    /// Adds the ids to the list.
    fn push_to(&self, links: &mut Vec<Uuid>);
}

impl<K: Kind> LinkSource for Id<K> {
    fn push_to(&self, links: &mut Vec<Uuid>) {
        if links.len() < MAX_LINKS && !links.contains(&self.uuid()) {
            links.push(self.uuid());
        }
    }
}

impl<L: LinkSource> LinkSource for Option<L> {
    fn push_to(&self, links: &mut Vec<Uuid>) {
        if let Some(link) = self {
            link.push_to(links);
        }
    }
}

impl<L: LinkSource> LinkSource for Vec<L> {
    fn push_to(&self, links: &mut Vec<Uuid>) {
        for link in self {
            link.push_to(links);
        }
    }
}

/// The schema of a payload type, for [`EventType`].
pub fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A payload as a JSON value, for people and for upcasters.
///
/// # Errors
/// When the stored bytes are not JSON.
pub fn payload_value(payload: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(payload)
}

/// Declares the events of one aggregate: an enum over payload types of the same names, with wire name, version and
/// the fields that are links.
///
/// ```ignore
/// events! {
///     /// What can happen to a room.
///     pub enum RoomEvent in Category::Room {
///         RoomProvisioned = "room.provisioned" v 1 links(interview),
///         RoomClosed = "room.closed" v 1 links(interview),
///     }
/// }
/// ```
#[macro_export]
macro_rules! events {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident in Category::$category:ident {
            $($variant:ident = $wire:literal v $version:literal $(links($($link:ident),* $(,)?))?),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "type", content = "payload")]
        #[allow(clippy::large_enum_variant, missing_docs)]
        $vis enum $name {
            $(#[serde(rename = $wire)] $variant($variant)),*
        }

        $(
            impl From<$variant> for $name {
                fn from(event: $variant) -> Self {
                    Self::$variant(event)
                }
            }
        )*

        impl cqrs_es::DomainEvent for $name {
            fn event_type(&self) -> String {
                $crate::event::Event::wire(self).name.to_owned()
            }

            fn event_version(&self) -> String {
                $crate::event::Event::wire(self).version.to_string()
            }
        }

        impl $crate::event::Event for $name {
            const CATEGORY: $crate::fact::Category = $crate::fact::Category::$category;

            fn wire(&self) -> $crate::event::Wire {
                match self {
                    $(Self::$variant(_) => $crate::event::Wire { name: $wire, version: $version }),*
                }
            }

            fn payload(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self {
                    $(Self::$variant(event) => serde_json::to_vec(event)),*
                }
            }

            fn decode(name: &str, version: u16, payload: &[u8]) -> Result<Self, $crate::event::DecodeError> {
                match (name, version) {
                    $(($wire, $version) => serde_json::from_slice(payload)
                        .map(Self::$variant)
                        .map_err(|source| $crate::event::DecodeError::Shape { name: $wire, source }),)*
                    (name, version) => {
                        Err($crate::event::DecodeError::Unknown { name: name.to_owned(), version })
                    }
                }
            }

            #[allow(unused_mut, unused_variables)]
            fn links(&self) -> Vec<uuid::Uuid> {
                let mut links = Vec::new();
                match self {
                    $(Self::$variant(event) => {
                        $($($crate::event::LinkSource::push_to(&event.$link, &mut links);)*)?
                    }),*
                }
                links
            }

            fn types() -> Vec<$crate::event::EventType> {
                vec![$($crate::event::EventType {
                    category: $crate::fact::Category::$category,
                    wire: $crate::event::Wire { name: $wire, version: $version },
                    schema: $crate::event::schema_of::<$variant>,
                }),*]
            }
        }
    };
}
