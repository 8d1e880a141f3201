//! Events that people had a read model leave out. The decision is an event itself, so that every fold knows it: of the
//! present, of a rebuild, of the past, and of the doctor.

use std::collections::BTreeSet;

use domain::{
    envelope::{Envelope, Position, Recorded},
    fact::{Category, Fact},
    ids::OrganisationId,
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

/// What a read model leaves out, as far as the log had decided it at some moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Skips(BTreeSet<Skip>);

impl Skips {
    /// All of them, as the log is now; of one organisation, or of every one.
    pub(crate) async fn of<M: ReadModel>(
        log: &dyn Log,
        codec: &Codec,
        tenant: Option<OrganisationId>,
    ) -> Result<Self, ReadError> {
        let category = Category::ReadModel;
        let mut skips = Self::default();
        let mut decisions = log.read(Query::forward(Filter::Category { category, tenant }));
        while let Some(decision) = decisions.next().await {
            skips.0.extend(skips_of::<M>(codec, &decision?));
        }
        Ok(skips)
    }

    /// True when the event is left out.
    pub(crate) fn leave_out(&self, event: &Envelope) -> bool {
        !self.0.is_empty() && self.knows((event.stream.tenant, event.position))
    }

    pub(crate) fn knows(&self, skip: Skip) -> bool {
        self.0.contains(&skip)
    }

    pub(crate) fn learn(&mut self, skips: impl IntoIterator<Item = Skip>) {
        self.0.extend(skips);
    }
}

/// What an event says that this read model is to leave out: one event, or none. A decision that cannot be read leaves
/// nothing out: the rows go on waiting, which people see.
pub(crate) fn skips_of<M: ReadModel>(codec: &Codec, recorded: &Recorded) -> Vec<Skip> {
    let envelope = &recorded.envelope;
    if envelope.stream.category != Category::ReadModel {
        return Vec::new();
    }
    let facts = codec.decode(recorded).unwrap_or_else(|error| {
        error!(
            event.position = envelope.position.0,
            error = &error as &dyn std::error::Error,
            "a decision about a read model cannot be read, and is not followed"
        );
        Vec::new()
    });
    let skipped = facts.into_iter().filter_map(|fact| match fact {
        Fact::ReadModel(ReadModelEvent::EventSkipped(skipped)) if skipped.name == M::NAME => {
            Some((envelope.stream.tenant, skipped.position))
        }
        // What other read models leave out; nothing else is in these streams.
        _ => None,
    });
    skipped.collect()
}
