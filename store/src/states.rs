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

/// A fold and where its stream was.
pub(crate) struct Remembered {
    /// How many events were folded.
    pub(crate) version: u64,
    /// Bytes of their payloads: what is known of the size of the state, and never less.
    pub(crate) bytes: usize,
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
    pub(crate) fn insert(&self, stream: StreamId, remembered: Remembered) {
        let is_later = |kept: &Arc<Remembered>| kept.version > remembered.version;
        if !self.0.peek(&stream).as_ref().is_some_and(is_later) {
            self.0.insert(stream, Arc::new(remembered));
        }
    }

    /// Forgets a fold that turned out to be too old; a later one stays.
    pub(crate) fn forget(&self, stream: &StreamId, version: u64) {
        self.0.remove_if(stream, |kept| kept.version <= version);
    }
}
