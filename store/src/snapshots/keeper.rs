//! Makes snapshots, off the path of commands: whoever finds a stream grown leaves its fold in a short queue, from which
//! one task takes it, looks the last event up in the log, and keeps it. What finds no room is dropped; the next command
//! on the stream offers it again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{envelope::StreamId, fact::Category};
use tokio::{
    sync::mpsc::{self, OwnedPermit},
    task::JoinHandle,
};
use tracing::{debug, warn};

use super::{
    MOST_STATE_BYTES, Others, Pace, Snapshot, Snapshots,
    fingerprint::Fingerprint,
    loading::{self, Base},
};
use crate::{
    codec::Codec,
    cqrs_bridge::Folded,
    log::{BoxError, Log},
    states::{Remembered, State},
    vault::Vault,
};

/// A fold whose stream has grown by so many events since is not kept: on such a stream a later one comes soon.
const MOST_BEHIND: u64 = 1_000;

/// What is done with a state whose type is no longer known.
#[derive(Clone, Copy)]
pub(crate) struct Methods {
    encode: fn(&State) -> Result<Vec<u8>, serde_json::Error>,
    fingerprint: fn(&Fingerprints, &Codec) -> Fingerprint,
}

impl Methods {
    /// That of an aggregate.
    pub(crate) fn of<A: Folded>() -> Self {
        Self {
            encode: |state| serde_json::to_vec(crate::states::as_aggregate::<A>(state)),
            fingerprint: Fingerprints::get::<A>,
        }
    }
}

/// Fingerprints, each made once: that takes longer than a command.
#[derive(Default)]
struct Fingerprints(Mutex<HashMap<Category, Fingerprint>>);

impl Fingerprints {
    fn get<A: Folded>(&self, codec: &Codec) -> Fingerprint {
        *locked(&self.0)
            .entry(A::CATEGORY)
            .or_insert_with(|| Fingerprint::of::<A>(codec))
    }
}

/// A panic elsewhere leaves nothing half done in what is locked here.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A fold to be kept.
struct Job {
    stream: StreamId,
    fold: Arc<Remembered>,
    methods: Methods,
    others: Others,
}

/// Room for one fold.
pub(crate) struct Seat(OwnedPermit<Job>);

impl Seat {
    /// Leaves a fold of a stream, made from `base`, to be kept.
    pub(crate) fn take(self, stream: StreamId, fold: Arc<Remembered>, methods: Methods, base: Base) {
        self.0.send(Job {
            stream,
            fold,
            methods,
            others: base.others(),
        });
    }
}

/// Makes snapshots of one node.
pub(crate) struct Keeper {
    snapshots: Arc<dyn Snapshots>,
    pace: Pace,
    fingerprints: Arc<Fingerprints>,
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Keeper {
    /// Begins, on the runtime of the caller.
    pub(crate) fn start(
        snapshots: Arc<dyn Snapshots>,
        pace: Pace,
        log: Arc<dyn Log>,
        vault: Arc<Vault>,
        codec: Codec,
    ) -> Self {
        let pace = Pace {
            every: pace.every.max(1),
            queue: pace.queue.max(1),
        };
        let (queue, mut jobs) = mpsc::channel::<Job>(pace.queue);
        let fingerprints = Arc::new(Fingerprints::default());
        let work = Work {
            snapshots: snapshots.clone(),
            fingerprints: fingerprints.clone(),
            log,
            vault,
            codec,
        };
        let task = tokio::spawn(async move {
            while let Some(job) = jobs.recv().await {
                let (stream, version) = (job.stream, job.fold.version);
                if let Err(error) = work.keep(job).await {
                    warn!(stream = %stream, version, error = &*error, "a snapshot was not kept");
                }
            }
        });
        Self {
            snapshots,
            pace,
            fingerprints,
            queue: Mutex::new(Some(queue)),
            task: Mutex::new(Some(task)),
        }
    }

    /// When snapshots are made.
    pub(crate) const fn pace(&self) -> Pace {
        self.pace
    }

    /// Where they are kept.
    pub(crate) fn snapshots(&self) -> &dyn Snapshots {
        &*self.snapshots
    }

    /// What snapshots of an aggregate must carry.
    pub(crate) fn fingerprint<A: Folded>(&self, codec: &Codec) -> Fingerprint {
        self.fingerprints.get::<A>(codec)
    }

    /// Room for the fold of a stream that has grown enough since its last snapshot; `None` when it has not, or when too
    /// much is waiting.
    pub(crate) fn seat(&self, version: u64, kept: u64) -> Option<Seat> {
        if version.saturating_sub(kept) < self.pace.every {
            return None;
        }
        let queue = locked(&self.queue).clone()?;
        queue.try_reserve_owned().ok().map(Seat)
    }

    /// Makes what is waiting and ends.
    pub(crate) async fn close(&self) {
        drop(locked(&self.queue).take());
        let task = locked(&self.task).take();
        if let Some(task) = task
            && task.await.is_err()
        {
            warn!("the task that makes snapshots had failed");
        }
    }
}

/// What the task works with.
struct Work {
    snapshots: Arc<dyn Snapshots>,
    fingerprints: Arc<Fingerprints>,
    log: Arc<dyn Log>,
    vault: Arc<Vault>,
    codec: Codec,
}

impl Work {
    async fn keep(&self, job: Job) -> Result<(), BoxError> {
        let (stream, version) = (job.stream, job.fold.version);
        let Some((position, hash)) = loading::place(&*self.log, stream, version, MOST_BEHIND).await? else {
            return Ok(());
        };
        let fingerprint = (job.methods.fingerprint)(&self.fingerprints, &self.codec);
        let vault = self.vault.clone();
        // A large state takes a while.
        let encoded = tokio::task::spawn_blocking(move || {
            let state = (job.methods.encode)(&job.fold.state)?;
            let snapshot = Snapshot {
                origin: stream.into(),
                version,
                position,
                hash,
                fingerprint,
                state,
                token: [0; 32],
            };
            Ok::<_, serde_json::Error>(snapshot.signed(&vault))
        });
        let snapshot = encoded.await??;
        if snapshot.state.len() > MOST_STATE_BYTES {
            debug!(stream = %stream, version, "a state is too large for a snapshot");
            return Ok(());
        }
        self.snapshots.keep(&snapshot, job.others).await
    }
}
