//! Takes an interview type out of what can be booked.

use super::{
    InterviewType,
    events::{InterviewTypeEvent, InterviewTypeRetired},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::InterviewTypeId,
    refusal::Refusal,
};

/// Which type is no longer offered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retire {
    /// Which.
    pub interview_type: InterviewTypeId,
}

/// # Errors
/// `NotFound`, when there is no such type.
pub fn decide(state: &InterviewType, command: &Retire) -> Decision<InterviewTypeEvent> {
    match state {
        InterviewType::Absent => Err(Refusal::NotFound {
            what: "interview type",
        }),
        InterviewType::Retired { .. } => nothing(),
        InterviewType::Offered { .. } => one(InterviewTypeRetired {
            interview_type: command.interview_type,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id, utc},
        interview_type::{events::InterviewTypeDefined, given::spec},
    };

    #[test]
    fn a_retired_type_cannot_be_booked_but_is_still_known() {
        let retire = || Retire {
            interview_type: id(11),
        };
        let now = utc("2026-05-04T10:00:00Z");
        let defined = InterviewTypeDefined {
            interview_type: id(11),
            spec: spec(),
        };
        let mut history = vec![defined.into()];
        history.extend(decide::<InterviewType>(&history, retire(), now).unwrap());
        let state: InterviewType = fold(&history);

        assert_eq!(state.bookable(), None);
        assert_eq!(state.spec(), Some(&spec()));
        assert_eq!(decide::<InterviewType>(&history, retire(), now), nothing());
        let unknown = decide::<InterviewType>(&[], retire(), now);
        assert_eq!(unknown.unwrap_err().code(), "NOT_FOUND");
    }
}
