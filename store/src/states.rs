//! Folded aggregates, kept so that a stream which is used often costs no read.
//!
//! What is kept may be too old: an append with its version is refused then, and a refusal decided from it is confirmed
//! before it stands. It is the fold of stored events, so it holds personal data in sealed form only.

use std::{any::Any, sync::Arc};

use domain::envelope::StreamId;
use quick_cache::{Weighter, sync::Cache};

/// What an entry takes beside its state.
const ENTRY_BYTES: u64 = 256;

/// States to guess the number of when the cache is made.
const STATE_BYTES: usize = 1_024;

/// A state of any aggregate; which one follows from the category of its stream.
pub(crate) type State = Box<dyn Any + Send + Sync>;

/// A category has one aggregate type, so a state of one of its streams is of that type.
pub(crate) fn as_aggregate<A: 'static>(state: &State) -> &A {
    state.downcast_ref().expect("a category has one aggregate type")
}

/// A fold and where its stream was.
pub(crate) struct Remembered {
    /// How many events were folded.
    pub(crate) version: u64,
    /// Bytes of what it was read from, payloads or a snapshot: what is known of the size of the state.
    pub(crate) bytes: usize,
    /// How many of the events a snapshot holds that was kept, or is about to be.
    pub(crate) kept: u64,
    /// The fold.
    pub(crate) state: State,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<StreamId, Arc<Remembered>> for ByBytes {
    fn weight(&self, _: &StreamId, remembered: &Arc<Remembered>) -> u64 {
        ENTRY_BYTES + remembered.bytes as u64
    }
}

/// The folds of the streams that were used last.
pub(crate) struct States(Cache<StreamId, Arc<Remembered>, ByBytes>);

impl States {
    /// A cache of about so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Cache::with_weighter(bytes / STATE_BYTES, bytes as u64, ByBytes))
    }

    /// What is kept of a stream.
    pub(crate) fn get(&self, stream: &StreamId) -> Option<Arc<Remembered>> {
        self.0.get(stream)
    }

    /// Keeps a fold, unless a later one is kept.
    pub(crate) fn insert(&self, stream: StreamId, remembered: Arc<Remembered>) {
        let is_later = |kept: &Arc<Remembered>| kept.version > remembered.version;
        if !self.0.peek(&stream).as_ref().is_some_and(is_later) {
            self.0.insert(stream, remembered);
        }
    }

    /// Forgets a fold that turned out to be too old; a later one stays.
    pub(crate) fn forget(&self, stream: &StreamId, version: u64) {
        self.0.remove_if(stream, |kept| kept.version <= version);
    }
}
