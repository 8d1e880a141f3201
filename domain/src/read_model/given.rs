//! Builders for tests of what people decide about read models.

use super::{events::EventSkipped, skip_event::SkipEvent};
use crate::{effect::events::About, envelope::Position, given::id, ids::ReadModelId, text::Paragraph};

fn why() -> Paragraph {
    Paragraph::new("Written by a build that was withdrawn").unwrap()
}

fn read_model() -> ReadModelId {
    ReadModelId::of("interviews")
}

pub(super) fn skip(position: u64) -> SkipEvent {
    SkipEvent {
        name: "interviews".to_owned(),
        position: Position(position),
        event: id(1),
        event_type: "interview.confirmed".to_owned(),
        about: About(id::<crate::ids::kind::Interview>(2).uuid()),
        by: Some(id(3)),
        reason: why(),
    }
}

pub(super) fn skipped(position: u64) -> EventSkipped {
    EventSkipped {
        read_model: read_model(),
        name: "interviews".to_owned(),
        position: Position(position),
        event: id(1),
        event_type: "interview.confirmed".to_owned(),
        about: About(id::<crate::ids::kind::Interview>(2).uuid()),
        by: Some(id(3)),
        reason: why(),
    }
}
