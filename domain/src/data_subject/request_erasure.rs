//! Asking to be forgotten.

use super::{
    DataSubject,
    events::{DataSubjectEvent, ErasureRequested},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, SubjectId},
};

/// A person's data is to be erased (rule P3). Whether the asker may ask is asked before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestErasure {
    /// Whose account.
    pub account: AccountId,
    /// Whose keys.
    pub subject: SubjectId,
    /// Who asks.
    pub by: AccountId,
}

/// Nothing when it was asked for before; never refused.
pub fn decide(data_subject: DataSubject, command: &RequestErasure) -> Decision<DataSubjectEvent> {
    if data_subject.is_to_be_forgotten() {
        return nothing();
    }
    one(ErasureRequested {
        account: command.account,
        subject: command.subject,
        by: command.by,
    })
}
