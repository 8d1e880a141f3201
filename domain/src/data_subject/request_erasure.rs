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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data_subject::given::{erased, requested},
        given::{fold, id},
        testing::given,
    };

    fn request(by: u128) -> RequestErasure {
        RequestErasure {
            account: id(1),
            subject: id(2),
            by: id(by),
        }
    }

    #[test]
    fn a_person_asks_once_to_be_forgotten() {
        given::<DataSubject>([]).when(request(3)).then_once(requested());
    }

    #[test]
    fn a_person_who_is_or_will_be_forgotten_is_not_forgotten_again() {
        given::<DataSubject>([requested().into()])
            .when(request(4))
            .then_nothing();
        given::<DataSubject>(erased()).when(request(4)).then_nothing();
    }

    #[test]
    fn nothing_new_is_written_from_the_request_on() {
        assert!(!DataSubject::Kept.is_to_be_forgotten());
        assert!(fold::<DataSubject>(&[requested().into()]).is_to_be_forgotten());
        assert!(fold::<DataSubject>(&erased()).is_to_be_forgotten());
    }
}
