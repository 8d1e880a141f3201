//! What can happen to a person's right to be forgotten.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AccountId, SubjectId},
};

/// A person's data is to be erased.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ErasureRequested {
    /// Whose account.
    pub account: AccountId,
    /// Whose keys.
    pub subject: SubjectId,
    /// Who asked.
    pub by: AccountId,
}

/// The keys are destroyed and the blobs deleted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ErasureCompleted {
    /// Whose account.
    pub account: AccountId,
    /// Whose keys.
    pub subject: SubjectId,
    /// How many keys were destroyed.
    pub keys: u32,
    /// How many blobs were deleted.
    pub blobs: u32,
}

events! {
    /// What can happen to a person's data.
    pub enum DataSubjectEvent in Category::DataSubject {
        ErasureRequested = "data_subject.erasure_requested" v 1 links(account, by),
        ErasureCompleted = "data_subject.erasure_completed" v 1 links(account),
    }
}
