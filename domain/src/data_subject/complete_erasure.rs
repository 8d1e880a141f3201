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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data_subject::given::{completed, erased, requested},
        given::id,
        testing::given,
    };

    fn complete(keys: u32) -> CompleteErasure {
        CompleteErasure {
            account: id(1),
            subject: id(2),
            keys,
            blobs: 1,
        }
    }

    #[test]
    fn an_erasure_is_completed_once() {
        given::<DataSubject>([requested().into()])
            .when(complete(2))
            .then_once(completed());
    }

    #[test]
    fn a_worker_that_comes_again_and_finds_no_keys_records_nothing() {
        given::<DataSubject>(erased()).when(complete(0)).then_nothing();
    }

    #[test]
    fn nobody_is_forgotten_unasked() {
        given::<DataSubject>([])
            .when(complete(2))
            .then_refused(Refusal::WrongState {
                state: "nobody asked for the erasure",
            });
    }
}
