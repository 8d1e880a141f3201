//! A seat is taken from an interviewer, so that it can be given to another.

use super::{
    Interview,
    events::{InterviewEvent, PanelSeatVacated, VacancyReason},
};
use crate::{
    aggregate::{Context, Decision, one},
    ids::AccountId,
    refusal::Refusal,
};

/// Whose seat. The claim is released in the same append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VacateSeat {
    /// Who sits there.
    pub account: AccountId,
}

/// # Errors
/// `NotFound`, when there is no such interview or nobody of that name on its panel; `WrongState`, when it is not
/// confirmed or its start has passed.
pub fn decide(state: &Interview, command: &VacateSeat, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    let mut panel = booking.panel.iter();
    let member = panel.find(|member| member.account == command.account);
    let member = member.ok_or(Refusal::NotFound { what: "interviewer" })?;
    booking.may_change_panel(context.now)?;
    one(PanelSeatVacated {
        interview: booking.interview,
        revision: booking.revision,
        member: member.clone(),
        reason: VacancyReason::Replaced,
        change: booking.panel_changes + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id},
        interview::given::{asked_at, confirmed, open, start},
        testing::given,
    };

    #[test]
    fn a_seat_is_vacated_once() {
        let seat = VacateSeat { account: id(1) };
        let events = decide::<Interview>(&confirmed(), seat, asked_at()).unwrap();
        let history = [confirmed(), events.clone()].concat();

        assert!(matches!(&events[..], [InterviewEvent::PanelSeatVacated(event)] if event.change == 1));
        let again = decide::<Interview>(&history, seat, asked_at());
        assert_eq!(again.unwrap_err().code(), "NOT_FOUND");
    }

    #[test]
    fn nobody_is_replaced_once_the_room_is_open_or_the_start_has_passed() {
        let seat = VacateSeat { account: id(1) };
        let entered = decide::<Interview>(&open(), seat, asked_at());
        let begun = decide::<Interview>(&confirmed(), seat, start());

        assert_eq!(entered.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(begun.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn what_was_never_asked_for_has_no_seats() {
        given::<Interview>([])
            .when_at(asked_at(), VacateSeat { account: id(1) })
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
