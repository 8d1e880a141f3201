//! What people can decide about a read model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    effect::events::About,
    envelope::Position,
    events,
    ids::{AccountId, EventId, ReadModelId},
    text::Paragraph,
};

/// An event that a read model could not fold is left out of it from now on: by every fold, of the present, of the past
/// and of a rebuild, as if the read model had never heard it. Other read models still do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EventSkipped {
    /// The organisation's part of which read model.
    pub read_model: ReadModelId,
    /// The read model's name.
    pub name: String,
    /// Where the event is.
    pub position: Position,
    /// The event's id.
    pub event: EventId,
    /// The event's name, as it is stored.
    pub event_type: String,
    /// Whose stream the event is in.
    pub about: About,
    /// Who decided it; nobody on the command line.
    pub by: Option<AccountId>,
    /// Why.
    pub reason: Paragraph,
}

events! {
    /// What people can decide about a read model.
    pub enum ReadModelEvent in Category::ReadModel {
        EventSkipped = "read_model.event_skipped" v 1 links(about, by),
    }
}
