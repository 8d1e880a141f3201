//! Changes an interview type for bookings from now on; interviews that are booked keep their terms.

use super::{
    InterviewType,
    events::{InterviewTypeEvent, InterviewTypeRevised, TypeSpec},
    spec,
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::InterviewTypeId,
    refusal::Refusal,
};

/// What the type is to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revise {
    /// Which.
    pub interview_type: InterviewTypeId,
    /// The version that the asker saw.
    pub expected_version: u32,
    /// What it is from now on.
    pub spec: TypeSpec,
}

/// # Errors
/// `NotFound`; `WrongState` when retired; `StaleVersion` when somebody else revised it; `Invalid` with the field that
/// breaks a rule.
pub fn decide(state: &InterviewType, command: &Revise) -> Decision<InterviewTypeEvent> {
    let (version, current) = match state {
        InterviewType::Offered { version, spec } => (*version, spec),
        InterviewType::Absent => {
            return Err(Refusal::NotFound {
                what: "interview type",
            });
        }
        InterviewType::Retired { .. } => {
            return Err(Refusal::WrongState {
                state: "the interview type is retired",
            });
        }
    };
    if **current == command.spec {
        return nothing();
    }
    if version != command.expected_version {
        return Err(Refusal::StaleVersion {
            current: u64::from(version),
        });
    }
    spec::check(&command.spec)?;
    one(InterviewTypeRevised {
        interview_type: command.interview_type,
        version: version + 1,
        spec: command.spec.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id, utc},
        interview_type::{
            events::{InterviewTypeDefined, InterviewTypeRetired},
            given::spec,
        },
    };

    fn defined() -> Vec<InterviewTypeEvent> {
        let defined = InterviewTypeDefined {
            interview_type: id(11),
            spec: spec(),
        };
        vec![defined.into()]
    }

    fn decided(
        history: &[InterviewTypeEvent],
        expected_version: u32,
        duration_minutes: u32,
    ) -> Decision<InterviewTypeEvent> {
        let revise = Revise {
            interview_type: id(11),
            expected_version,
            spec: TypeSpec {
                duration_minutes,
                ..spec()
            },
        };
        decide::<InterviewType>(history, revise, utc("2026-05-04T10:00:00Z"))
    }

    #[test]
    fn a_revision_makes_the_next_version_and_its_repeat_nothing() {
        let history = [defined(), decided(&defined(), 1, 45).unwrap()].concat();
        let state: InterviewType = fold(&history);
        let (spec, version) = state.bookable().unwrap();
        assert_eq!((spec.duration_minutes, version), (45, 2));
        assert_eq!(decided(&history, 1, 45), nothing());
    }

    #[test]
    fn a_revision_of_a_former_version_is_refused() {
        let history = [defined(), decided(&defined(), 1, 45).unwrap()].concat();
        assert_eq!(
            decided(&history, 1, 50),
            Err(Refusal::StaleVersion { current: 2 })
        );
    }

    #[test]
    fn what_is_unknown_retired_or_breaks_a_rule_is_refused() {
        let retired = InterviewTypeRetired {
            interview_type: id(11),
        };
        let retired = [defined(), vec![retired.into()]].concat();
        assert_eq!(decided(&[], 1, 45).unwrap_err().code(), "NOT_FOUND");
        assert_eq!(decided(&retired, 1, 45).unwrap_err().code(), "WRONG_STATE");
        assert_eq!(decided(&defined(), 1, 1).unwrap_err().code(), "INVALID");
    }
}
