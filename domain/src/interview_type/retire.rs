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
