//! Snapshots that live as long as their value, for tests.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::envelope::Position;

use super::{BLOCK, Origin, Others, Snapshot, Snapshots, fingerprint::Fingerprint};
use crate::log::BoxError;

/// Snapshots in memory.
#[derive(Debug, Default)]
pub struct MemorySnapshots(Mutex<HashMap<Origin, Vec<Snapshot>>>);

impl MemorySnapshots {
    /// Everything that is kept of a origin, by position.
    pub fn all(&self, origin: impl Into<Origin>) -> Vec<Snapshot> {
        self.origins().get(&origin.into()).cloned().unwrap_or_default()
    }

    fn origins(&self) -> MutexGuard<'_, HashMap<Origin, Vec<Snapshot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Snapshots for MemorySnapshots {
    async fn latest_at_or_below(
        &self,
        origin: Origin,
        position: Position,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, BoxError> {
        let is_asked =
            |snapshot: &Snapshot| snapshot.position <= position && snapshot.fingerprint == fingerprint;
        Ok(self.all(origin).into_iter().rfind(is_asked))
    }

    async fn keep(&self, snapshot: &Snapshot, others: Others) -> Result<(), BoxError> {
        let mut origins = self.origins();
        let kept = origins.entry(snapshot.origin).or_default();
        kept.retain(|other| match others {
            Others::Dropped => false,
            Others::Thinned => {
                let is_earlier_in_block =
                    other.version < snapshot.version && other.version / BLOCK == snapshot.version / BLOCK;
                other.position != snapshot.position
                    && other.fingerprint == snapshot.fingerprint
                    && !is_earlier_in_block
            }
        });
        kept.push(snapshot.clone());
        kept.sort_unstable_by_key(|snapshot| snapshot.position);
        Ok(())
    }
}
