//! Leaving an event out of a read model that cannot fold it.

use super::{
    ReadModel,
    events::{EventSkipped, ReadModelEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    effect::events::About,
    envelope::Position,
    ids::{AccountId, EventId, ReadModelId},
    text::Paragraph,
};

/// A person looked at an event that cannot be folded, and the read model is to go on without it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SkipEvent {
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
    /// Who decides it; nobody on the command line.
    pub by: Option<AccountId>,
    /// Why.
    pub reason: Paragraph,
}

/// Nothing when it is left out already; never refused. That rows wait for the event is for whoever asks to know.
pub fn decide(read_model: &ReadModel, command: &SkipEvent) -> Decision<ReadModelEvent> {
    if read_model.skipped.contains(&command.position) {
        return nothing();
    }
    one(EventSkipped {
        read_model: ReadModelId::of(&command.name),
        name: command.name.clone(),
        position: command.position,
        event: command.event,
        event_type: command.event_type.clone(),
        about: command.about,
        by: command.by,
        reason: command.reason.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::given::{skip, skipped};
    use super::*;
    use crate::testing::given;

    #[test]
    fn an_event_is_skipped_once() {
        given::<ReadModel>([]).when(skip(7)).then_once(skipped(7));
    }

    #[test]
    fn another_event_is_skipped_too() {
        given::<ReadModel>([skipped(7).into()])
            .when(skip(8))
            .then_once(skipped(8));
    }

    #[test]
    fn an_event_that_somebody_else_skipped_stays_skipped() {
        given::<ReadModel>([skipped(7).into()])
            .when(skip(7))
            .then_nothing();
    }
}
