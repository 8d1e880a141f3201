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
