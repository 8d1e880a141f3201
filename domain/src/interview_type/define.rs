//! Adds an interview type to what can be booked.

use super::{
    InterviewType,
    events::{InterviewTypeDefined, InterviewTypeEvent, TypeSpec},
    spec,
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::InterviewTypeId,
    refusal::Refusal,
};

/// The new type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Define {
    /// Which.
    pub interview_type: InterviewTypeId,
    /// What it is.
    pub spec: TypeSpec,
}

/// # Errors
/// `Invalid` with the field that breaks a rule; `WrongState` when the id stands for another definition already.
pub fn decide(state: &InterviewType, command: &Define) -> Decision<InterviewTypeEvent> {
    match state {
        InterviewType::Absent => {}
        InterviewType::Offered { version: 1, spec } if **spec == command.spec => return nothing(),
        InterviewType::Offered { .. } | InterviewType::Retired { .. } => {
            return Err(Refusal::WrongState {
                state: "the interview type is defined already",
            });
        }
    }
    spec::check(&command.spec)?;
    one(InterviewTypeDefined {
        interview_type: command.interview_type,
        spec: command.spec.clone(),
    })
}
