//! Recording that a person is forgotten.

use super::{
    DataSubject,
    events::{DataSubjectEvent, ErasureCompleted},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, SubjectId},
    refusal::Refusal,
};

/// The keys are destroyed and the blobs deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompleteErasure {
    /// Whose account.
    pub account: AccountId,
    /// Whose keys.
    pub subject: SubjectId,
    /// How many keys were destroyed.
    pub keys: u32,
    /// How many blobs were deleted.
    pub blobs: u32,
}

/// Nothing when it was recorded.
///
/// # Errors
/// `WrongState` when nobody asked for it.
pub fn decide(data_subject: DataSubject, command: &CompleteErasure) -> Decision<DataSubjectEvent> {
    match data_subject {
        DataSubject::Kept => Err(Refusal::WrongState {
            state: "nobody asked for the erasure",
        }),
        DataSubject::Erased => nothing(),
        DataSubject::Requested => one(ErasureCompleted {
            account: command.account,
            subject: command.subject,
            keys: command.keys,
            blobs: command.blobs,
        }),
    }
}
