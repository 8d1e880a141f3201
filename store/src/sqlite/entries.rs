//! Rows of the index of the log.

use domain::{envelope::Position, ids::CommandId};
use uuid::Uuid;

use crate::{
    batch::Batch,
    rows::{self, stored},
};

/// A row of the index of links.
pub(super) type Link = (Uuid, i16, i64);

/// What the index is to be told about the log.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// What events belong to.
    pub(super) links: Vec<Link>,
    /// Where the receipts of commands stand.
    pub(super) commands: Vec<(CommandId, Position)>,
    /// The last event told of and its hash.
    pub(super) end: Option<(Position, [u8; 32])>,
}

impl Entries {
    /// What a batch brings.
    pub(super) fn of(batch: &Batch) -> Self {
        let links = batch.events.iter().flat_map(|event| {
            let position = stored(event.envelope.position);
            rows::all_links(&event.envelope).map(move |(id, kind)| (id, kind, position))
        });
        Self {
            links: links.collect(),
            commands: commands(batch).collect(),
            end: Some((batch.head().position, batch.head().hash)),
        }
    }

    /// Adds what was told later.
    pub(super) fn extend(&mut self, later: Self) {
        self.links.extend(later.links);
        self.commands.extend(later.commands);
        self.end = self.end.max(later.end);
    }

    /// How much it is.
    pub(super) const fn rows(&self) -> usize {
        self.links.len() + self.commands.len()
    }
}

/// Where the receipts of a batch stand.
pub(super) fn commands(batch: &Batch) -> impl Iterator<Item = (CommandId, Position)> + '_ {
    batch
        .receipts
        .iter()
        .map(|receipt| (receipt.command_id, receipt.position))
}
