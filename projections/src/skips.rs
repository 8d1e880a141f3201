//! Events that people had a read model leave out. The decision is an event itself, so that every fold knows it: of the
//! present, of a rebuild, of the past, and of the doctor.

use std::collections::BTreeSet;

use domain::{
    envelope::{Envelope, Position, Recorded, StreamId},
    fact::{Category, Fact},
    ids::{OrganisationId, ReadModelId},
    read_model::events::ReadModelEvent,
};
use futures::StreamExt;
use store::{
    codec::Codec,
    log::{Filter, Log, Query, ReadError},
};
use tracing::error;

use crate::model::ReadModel;

/// Whose event, and where it is.
pub(crate) type Skip = (OrganisationId, Position);

/// How a read model hears stored events: what they say, and which ones it does not listen to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hearing<'h> {
    pub(crate) codec: &'h Codec,
    pub(crate) skips: &'h Skips,
}

/// What a read model leaves out of an organisation's events. Whoever follows the log needs none: what is left out by a
/// decision stands before it, and when the decision comes, the rows are folded anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct Skips(BTreeSet<Skip>);

impl Skips {
    /// Nothing is left out, as far as is known.
    pub(crate) const NONE: &'static Self = &Self(BTreeSet::new());

    /// What an organisation's people had decided when the log ended at a position.
    pub(crate) async fn of<M: ReadModel>(
        log: &dyn Log,
        codec: &Codec,
        tenant: OrganisationId,
        until: Position,
    ) -> Result<Self, ReadError> {
        let stream = StreamId {
            tenant,
            category: Category::ReadModel,
            id: ReadModelId::of(M::NAME).uuid(),
        };
        let mut skips = Self::default();
        let mut decisions = log.read(Query::forward(Filter::Stream(stream)).until(until));
        while let Some(decision) = decisions.next().await {
            skips.0.extend(skip_of::<M>(codec, &decision?));
        }
        Ok(skips)
    }

    /// Where the events stand that are left out, in order.
    pub(crate) fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        self.0.iter().map(|(_, position)| *position)
    }

    /// True when the event is left out.
    pub(crate) fn leave_out(&self, event: &Envelope) -> bool {
        self.0.contains(&(event.stream.tenant, event.position))
    }
}

/// The event that this one says a read model is to leave out. A decision that cannot be read leaves nothing out: the
/// rows go on waiting, which people see.
pub(crate) fn skip_of<M: ReadModel>(codec: &Codec, recorded: &Recorded) -> Option<Skip> {
    let envelope = &recorded.envelope;
    if envelope.stream.category != Category::ReadModel {
        return None;
    }
    let facts = codec.decode(recorded).unwrap_or_else(|error| {
        error!(
            event.position = envelope.position.0,
            error = &error as &dyn std::error::Error,
            "a decision about a read model cannot be read, and is not followed"
        );
        Vec::new()
    });
    facts.into_iter().find_map(|fact| {
        // Nothing else is in these streams.
        let Fact::ReadModel(decision) = fact else {
            return None;
        };
        match decision {
            ReadModelEvent::EventSkipped(skipped) => {
                (skipped.name == M::NAME).then_some((envelope.stream.tenant, skipped.position))
            }
        }
    })
}
