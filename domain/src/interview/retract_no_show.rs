//! Takes the mark of an absence back: the interview goes on from where it was.

use super::{
    Interview,
    events::{InterviewEvent, NoShowRetracted},
    phase::Step,
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    text::Paragraph,
};

/// Why the mark was wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RetractNoShow {
    /// Who says so; nobody when a late join does.
    pub by: Option<AccountId>,
    /// Why.
    pub reason: Option<Paragraph>,
}

/// # Errors
/// `NotFound`, when there is no such interview. Where no absence is marked there is nothing to take back.
pub fn decide(state: &Interview, command: &RetractNoShow) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    if !booking.phase.allows(Step::RetractNoShow) {
        return nothing();
    }
    one(NoShowRetracted {
        interview: booking.interview,
        by: command.by,
        reason: command.reason.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id},
        interview::{
            events::{Absent, Attendance, NoShowMarked},
            given::{asked_at, confirmed},
        },
        testing::given,
    };

    #[test]
    fn where_no_absence_is_marked_there_is_nothing_to_retract() {
        let retract = || RetractNoShow {
            by: None,
            reason: None,
        };
        let unknown = decide::<Interview>(&[], retract(), asked_at());
        assert_eq!(
            decide::<Interview>(&confirmed(), retract(), asked_at()),
            nothing()
        );
        assert_eq!(unknown.unwrap_err().code(), "NOT_FOUND");
    }

    #[test]
    fn a_mark_is_taken_back_once() {
        let marked = NoShowMarked {
            interview: id(10),
            absent: Absent::Everybody,
            attendance: Attendance::default(),
        };
        let history = [confirmed(), vec![marked.into()]].concat();
        let retract = RetractNoShow {
            by: Some(id(1)),
            reason: None,
        };

        given::<Interview>(history)
            .when_at(asked_at(), retract)
            .then_once(NoShowRetracted {
                interview: id(10),
                by: Some(id(1)),
                reason: None,
            });
    }
}
