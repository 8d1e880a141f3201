//! Builders for tests of the right to be forgotten.

use super::events::{DataSubjectEvent, ErasureCompleted, ErasureRequested};
use crate::given::id;

pub(super) fn requested() -> ErasureRequested {
    ErasureRequested {
        account: id(1),
        subject: id(2),
        by: id(3),
    }
}

pub(super) fn completed() -> ErasureCompleted {
    ErasureCompleted {
        account: id(1),
        subject: id(2),
        keys: 2,
        blobs: 1,
    }
}

pub(super) fn erased() -> Vec<DataSubjectEvent> {
    vec![requested().into(), completed().into()]
}
