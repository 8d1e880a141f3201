//! What a read model is: the events it hears, the keys an event touches, and the row after it.

use std::sync::Arc;

use domain::{
    envelope::{Envelope, Position},
    fact::{Category, Fact},
    ids::{Id, Kind as IdKind, OrganisationId},
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::sql::{Kind, Value};

/// One question, answered by a table of rows that are folded from events.
///
/// `keys` and `apply` are pure: no clock, no call outside, no look at other read models. Loading and writing are the
/// runner's, so that live batches, rebuild, time travel and the doctor share the two functions. A read model can be
/// dropped and built again at any time.
pub trait ReadModel: Send + Sync + 'static {
    /// Name of the folder, of the view that queries read, and in reports. Frozen.
    const NAME: &'static str;
    /// What queries filter and order by; extracted from the row by [`ReadModel::columns`], in this order.
    const COLUMNS: &'static [Column];
    /// Which columns are indexed, and for which query.
    const INDEXES: &'static [Index];
    /// The text of the read model's own source files (`include_str!`): another text, another table.
    const SOURCE: &'static str;
    /// One row. It refers to others by id, and holds personal data only as it was sealed in the event.
    type Row: Serialize + DeserializeOwned + JsonSchema + PartialEq + Clone + Send + Sync + 'static;
    /// The events it hears, declared with [`hears!`](crate::hears).
    type Heard: Heard;

    /// The keys of the rows that an event touches: few, and each begins with an id that the event is linked to.
    fn keys(event: &Self::Heard, envelope: &Envelope) -> Vec<Key>;

    /// The row with this key after an event, given the row before it; `None` is no row.
    fn apply(key: Key, row: Option<Self::Row>, event: &Self::Heard, envelope: &Envelope)
    -> Option<Self::Row>;

    /// The values of [`ReadModel::COLUMNS`] for a row.
    fn columns(row: &Self::Row) -> Vec<Value>;
}

/// Some of the events of the system.
pub trait Heard: Sized + Send + Sync + 'static {
    /// The categories they come from.
    const CATEGORIES: &'static [Category];

    /// The event, if it is one of these.
    fn of(fact: Fact) -> Option<Self>;
}

/// Declares what a read model hears: an enum over the events of some aggregates.
///
/// ```ignore
/// hears! {
///     /// What interviews are told by.
///     pub enum Heard { Interview(InterviewEvent), Payment(PaymentEvent) }
/// }
/// ```
#[macro_export]
macro_rules! hears {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($category:ident($event:ty)),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug)]
        #[allow(clippy::large_enum_variant, missing_docs)]
        $vis enum $name {
            $($category($event)),*
        }

        impl $crate::model::Heard for $name {
            const CATEGORIES: &'static [domain::fact::Category] = &[$(domain::fact::Category::$category),*];

            fn of(fact: domain::fact::Fact) -> Option<Self> {
                match fact {
                    $(domain::fact::Fact::$category(event) => Some(Self::$category(event)),)*
                    // What is not declared is not heard.
                    _ => None,
                }
            }
        }
    };
}

/// The key of a row: one id, or two. The first is the row's link: every event that touches the row is linked to it or
/// stands in the stream of that id, which is what time travel and repairs read by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key(Uuid, Option<Uuid>);

impl Key {
    /// The key of the row about one thing.
    pub const fn of<K: IdKind>(id: Id<K>) -> Self {
        Self(id.uuid(), None)
    }

    /// The key of the row about one thing and another.
    pub const fn pair<A: IdKind, B: IdKind>(link: Id<A>, other: Id<B>) -> Self {
        Self(link.uuid(), Some(other.uuid()))
    }

    /// The key of the row about the thing with these bits.
    pub const fn bare(id: Uuid) -> Self {
        Self(id, None)
    }

    /// The key with these ids.
    pub(crate) const fn of_ids(link: Uuid, other: Option<Uuid>) -> Self {
        Self(link, other)
    }

    /// The id that every event of the row is linked to.
    pub const fn link(self) -> Uuid {
        self.0
    }

    /// The second id, if there is one.
    pub const fn other(self) -> Option<Uuid> {
        self.1
    }

    /// As stored: the bytes of the ids.
    pub fn bytes(self) -> Vec<u8> {
        let mut bytes = self.0.as_bytes().to_vec();
        bytes.extend(self.1.iter().flat_map(Uuid::as_bytes));
        bytes
    }

    /// Read back from what [`Key::bytes`] gave.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (link, other) = bytes.split_at_checked(16)?;
        let link = Uuid::from_slice(link).ok()?;
        match other {
            [] => Some(Self(link, None)),
            other => Some(Self(link, Some(Uuid::from_slice(other).ok()?))),
        }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.1 {
            None => self.0.fmt(f),
            Some(other) => write!(f, "{}/{other}", self.0),
        }
    }
}

/// A column beside the row, for filters and orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name in SQL.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether every row has a value; only then it can be ordered by.
    pub required: bool,
}

impl Column {
    /// A column that always has a value.
    pub const fn required(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            required: true,
        }
    }

    /// A column that may be null.
    pub const fn optional(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            required: false,
        }
    }
}

/// An index over columns, always behind the tenant. Where its first column has no value, a row is not in it.
#[derive(Clone, Copy, Debug)]
pub struct Index {
    /// What it is called beside the table's name.
    pub name: &'static str,
    /// Names of the columns, in order; `key` may be one.
    pub columns: &'static [&'static str],
}

impl Index {
    /// Its first column, if not every row has a value there.
    pub(crate) fn optional_first<M: ReadModel>(&self) -> Option<&'static str> {
        let first = self.columns.first()?;
        let column = M::COLUMNS.iter().find(|column| column.name == *first)?;
        (!column.required).then_some(column.name)
    }
}

/// A row as it is stored.
#[derive(Clone, PartialEq, Debug)]
pub struct Stored<R> {
    /// Whose.
    pub tenant: OrganisationId,
    /// Under which key.
    pub key: Key,
    /// The last event that changed it.
    pub position: Position,
    /// What it says; shared, since queries remember rows that they have read.
    pub row: Arc<R>,
}

/// The value of an id column.
pub fn id<K: IdKind>(id: Id<K>) -> Value {
    Value::Bytes(id.uuid().as_bytes().to_vec())
}

/// The value of an id column that may be null.
pub fn optional_id<K: IdKind>(value: Option<Id<K>>) -> Value {
    value.map_or(Value::Null(Kind::Id), id)
}

/// The value of a moment: microseconds since 1970.
pub const fn instant(moment: Instant) -> Value {
    Value::Integer(moment.timestamp_micros())
}

/// The value of a text column that is looked for whatever the case of its letters. What is looked for is made the same.
pub fn caseless(text: &str) -> Value {
    Value::Text(text.to_lowercase())
}

/// The value of a text column that holds one of a closed set: the name it has in JSON, so that it is written once.
pub fn word<T: Serialize>(value: &T) -> Value {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Value::Text(name),
        Ok(_) | Err(_) => Value::Null(Kind::Text),
    }
}
