//! Snapshots of rows: how they are found, believed, and made, as histories grow and behind the looks that miss them.
//!
//! They are as little trusted as those of aggregates: a snapshot counts only when it was made by these keys, by this
//! code, with the same events left out, and ends with an event that the log has.

use std::sync::Arc;

use domain::{envelope::Position, ids::OrganisationId};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{
    codec::Codec,
    log::BoxError,
    snapshots::{
        BLOCK, Fold, MOST_STATE_BYTES, Origin, Others, Snapshot, Snapshots, find, fingerprint::Fingerprint,
    },
    vault::Vault,
};
use tokio::sync::Semaphore;
use tracing::{debug, warn};
use uuid::Uuid;

use super::{Asked, Folded, Past};
use crate::{
    fold::Replay,
    model::{Key, ReadModel, Stored},
    skips::Skips,
    table::fingerprint,
};

/// Raised when a snapshot is made in another way.
const FORM: &str = "greenroom snapshot of rows 1";

/// Where snapshots are, and room for one maker at a time.
#[derive(Clone)]
pub(super) struct Kept {
    place: Arc<dyn Snapshots>,
    vault: Arc<Vault>,
    room: Arc<Semaphore>,
}

/// A row in a snapshot.
#[derive(Serialize, Deserialize)]
struct KeptRow<R> {
    link: Uuid,
    other: Option<Uuid>,
    position: Position,
    row: R,
}

impl Kept {
    pub(super) fn in_place(place: Arc<dyn Snapshots>, vault: Arc<Vault>) -> Self {
        Self {
            place,
            vault,
            room: Arc::new(Semaphore::new(1)),
        }
    }

    /// The latest snapshot that these keys and this code made of what is asked.
    pub(super) async fn find<M: ReadModel>(&self, codec: &Codec, asked: &Asked<'_>) -> Option<Snapshot> {
        let fingerprint = fingerprint_of::<M>(codec, asked.skips);
        find(
            &*self.place,
            &self.vault,
            asked.origin::<M>(),
            asked.until,
            fingerprint,
        )
        .await
    }

    /// Makes the snapshots that are missing of so many events, in a task of its own, if they are enough for one. False
    /// when another one is at it: whoever asks next will find room.
    pub(super) fn fill_behind<M: ReadModel>(
        &self,
        past: &Past,
        tenant: OrganisationId,
        link: Uuid,
        missed: u64,
    ) -> bool {
        if missed < BLOCK {
            return true;
        }
        let Ok(room) = self.room.clone().try_acquire_owned() else {
            return false;
        };
        let (kept, past) = (self.clone(), past.clone());
        tokio::spawn(async move {
            if let Err(error) = kept.fill::<M>(&past, tenant, link).await {
                warn!(read_model.name = M::NAME, id = %link, error = &*error, "snapshots were not made");
            }
            drop(room);
        });
        true
    }

    /// Keeps the rows at the end of each block of events, from the last one that is kept.
    async fn fill<M: ReadModel>(
        &self,
        past: &Past,
        tenant: OrganisationId,
        link: Uuid,
    ) -> Result<(), BoxError> {
        let skips = Skips::of::<M>(&*past.log, &past.codec, tenant, Position(u64::MAX)).await?;
        let asked = Asked {
            tenant,
            link,
            until: past.log.head().await?,
            skips: &skips,
        };
        let (mut folded, mut events) = past.begin::<M>(&asked).await?;
        let mut others = if folded.events == 0 {
            Others::Dropped
        } else {
            Others::Thinned
        };
        while let Some(event) = events.next().await {
            let event = event?;
            past.fold_one(&mut folded, &skips, &event)?;
            if !folded.events.is_multiple_of(BLOCK) {
                continue;
            }
            let state = serde_json::to_vec(&written(&folded))?;
            if state.len() > MOST_STATE_BYTES {
                debug!(read_model.name = M::NAME, id = %link, "rows are too large for a snapshot");
                return Ok(());
            }
            let snapshot = Snapshot {
                origin: asked.origin::<M>(),
                version: folded.events,
                position: event.envelope.position,
                hash: event.envelope.hash,
                fingerprint: fingerprint_of::<M>(&past.codec, &skips),
                state,
                token: [0; 32],
            };
            self.place.keep(&snapshot.signed(&self.vault), others).await?;
            others = Others::Thinned;
        }
        Ok(())
    }
}

impl<M: ReadModel> Folded<M> {
    pub(super) fn nothing() -> Self {
        Self {
            replay: Replay::new(),
            events: 0,
            spared: 0,
        }
    }
}

impl Asked<'_> {
    fn origin<M: ReadModel>(&self) -> Origin {
        Origin {
            tenant: self.tenant,
            fold: Fold::ReadModel(M::NAME),
            id: self.link,
        }
    }
}

/// The rows of a snapshot, if they can be read.
pub(super) fn read<M: ReadModel>(snapshot: &Snapshot, tenant: OrganisationId) -> Option<Folded<M>> {
    let rows: Vec<KeptRow<M::Row>> = serde_json::from_slice(&snapshot.state).ok()?;
    let rows = rows.into_iter().map(|kept| Stored {
        tenant,
        key: Key::of_ids(kept.link, kept.other),
        position: kept.position,
        row: Arc::new(kept.row),
    });
    Some(Folded {
        replay: Replay::from(rows),
        events: snapshot.version,
        spared: snapshot.version,
    })
}

fn written<M: ReadModel>(folded: &Folded<M>) -> Vec<KeptRow<&M::Row>> {
    let rows = folded.replay.so_far();
    rows.map(|((_, key), position, row)| KeptRow {
        link: key.link(),
        other: key.other(),
        position,
        row,
    })
    .collect()
}

/// The digest of what rows follow from beside the events: the read model's code, the versions that the codec lifts, and
/// the events that are left out.
fn fingerprint_of<M: ReadModel>(codec: &Codec, skips: &Skips) -> Fingerprint {
    let mut digest = Sha256::new();
    let mut add = |part: &str| {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    };
    add(FORM);
    add(&fingerprint::<M>());
    for (name, version) in codec.lifted() {
        add(&format!("{name} {version}"));
    }
    for position in skips.positions() {
        add(&position.to_string());
    }
    Fingerprint(digest.finalize().into())
}
