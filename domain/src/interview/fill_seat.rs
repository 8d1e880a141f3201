//! A vacant seat is given to somebody: by the rule of the pool, or by a person.

use super::{
    Booking, Interview,
    events::{InterviewEvent, InterviewerReplaced, PanelMember, SeatReason},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AccountId, ClaimId},
    interview_type::events::PanelSpec,
    refusal::Refusal,
};

/// Who takes whose seat. The time was found to be free, and is claimed firmly in the same append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FillSeat {
    /// Who sat there before.
    pub former: AccountId,
    /// Who takes the seat.
    pub account: AccountId,
    /// Why this person.
    pub reason: SeatReason,
    /// The claim on that person's calendar.
    pub claim: ClaimId,
    /// Who chose; nobody when the pool's rule did.
    pub by: Option<AccountId>,
}

impl Booking {
    /// Those of a product's pool who may be asked to take a vacant seat: whoever may have its part, without the panel, the
    /// candidate, and whoever left or declined.
    pub fn may_fill(&self, seat: &PanelMember, panel: &PanelSpec) -> Vec<AccountId> {
        let mut pool = self.may_have(seat, panel);
        pool.retain(|person| {
            !self.declined.contains(person) && self.vacant.iter().all(|vacant| vacant.account != *person)
        });
        pool
    }

    /// Those who may be asked to take it at another time: the same, and where there is nobody, also whoever gave a seat up at the
    /// present one.
    pub fn may_come_then(&self, seat: &PanelMember, panel: &PanelSpec) -> Vec<AccountId> {
        let others = self.may_fill(seat, panel);
        if others.is_empty() {
            return self.may_have(seat, panel);
        }
        others
    }

    fn may_have(&self, seat: &PanelMember, panel: &PanelSpec) -> Vec<AccountId> {
        let mut roles = panel.roles.iter();
        let of_part = roles.find(|spec| spec.role == seat.role);
        // A part that the product does not know any more is open to everybody of it.
        let mut pool = of_part.map_or_else(|| panel.pool.clone(), |spec| spec.pool.clone());
        pool.retain(|person| !self.is_candidate(*person) && !self.is_panel_member(*person));
        pool
    }
}

/// Nothing when that person sits on the panel already and the seat is not vacant.
///
/// # Errors
/// `NotFound`, when there is no such interview; `WrongState`, when it is not confirmed, its start has passed, or the
/// seat is not vacant; `Invalid`, when the person is the candidate or sits on the panel.
pub fn decide(state: &Interview, command: &FillSeat, context: &Context) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    let mut vacant = booking.vacant.iter();
    let seat = vacant.find(|member| member.account == command.former);
    let sits = booking.is_panel_member(command.account);
    let Some(seat) = seat else {
        return if sits {
            nothing()
        } else {
            Err(Refusal::WrongState {
                state: "the seat is not vacant",
            })
        };
    };
    booking.may_change_panel(context.now)?;
    if booking.is_candidate(command.account) {
        return Err(Refusal::invalid(
            "interviewerId",
            "the candidate cannot be an interviewer",
        ));
    }
    if sits {
        return Err(Refusal::invalid("interviewerId", "sits on the panel already"));
    }
    one(InterviewerReplaced {
        interview: booking.interview,
        revision: booking.revision,
        former: command.former,
        member: PanelMember {
            account: command.account,
            role: seat.role,
            reason: command.reason,
        },
        claim: command.claim,
        by: command.by,
        change: booking.panel_changes + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id},
        interview::{
            events::PanelRole,
            given::{asked_at, confirmed, start},
            vacate_seat::VacateSeat,
        },
        interview_type::{events::RoleSpec, given::spec},
        testing::given,
    };

    fn vacated() -> Vec<InterviewEvent> {
        let seat = VacateSeat { account: id(1) };
        let events = decide::<Interview>(&confirmed(), seat, asked_at()).unwrap();
        [confirmed(), events].concat()
    }

    fn fill(account: u128) -> FillSeat {
        FillSeat {
            former: id(1),
            account: id(account),
            reason: SeatReason::FewestRecent,
            claim: id(40),
            by: None,
        }
    }

    #[test]
    fn whoever_takes_the_seat_has_its_part_and_a_claim() {
        let events = decide::<Interview>(&vacated(), fill(5), asked_at()).unwrap();
        let history = [vacated(), events].concat();
        let state: Interview = fold(&history);
        let booking = state.booked().unwrap();

        assert_eq!(booking.vacant, Vec::new());
        assert_eq!(booking.panel[0].account, id(5));
        assert_eq!(booking.panel[0].role, PanelRole::Lead);
        assert_eq!(booking.claim_of(id(5)).unwrap().claim, id(40));
        assert_eq!(booking.panel_changes, 2);
        assert_eq!(decide::<Interview>(&history, fill(5), asked_at()), nothing());
    }

    #[test]
    fn of_two_who_are_given_one_seat_the_second_does_not_get_it() {
        let events = decide::<Interview>(&vacated(), fill(5), asked_at()).unwrap();
        let history = [vacated(), events].concat();

        let second = decide::<Interview>(&history, fill(6), asked_at());

        assert_eq!(second.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn the_candidate_does_not_sit_on_the_own_panel() {
        let refused = decide::<Interview>(&vacated(), fill(2), asked_at());
        assert_eq!(refused.unwrap_err().code(), "INVALID");
    }

    #[test]
    fn a_seat_that_is_taken_or_too_late_to_fill_is_refused() {
        let taken = decide::<Interview>(&confirmed(), fill(5), asked_at());
        let late = decide::<Interview>(&vacated(), fill(5), start());

        assert_eq!(taken.unwrap_err().code(), "WRONG_STATE");
        assert_eq!(late.unwrap_err().code(), "WRONG_STATE");
    }

    fn pool(roles: Vec<RoleSpec>) -> PanelSpec {
        PanelSpec {
            pool: (1..=6).map(id).collect(),
            roles,
            ..spec().panel
        }
    }

    fn may_fill(panel: &PanelSpec) -> Vec<AccountId> {
        let state: Interview = fold(&vacated());
        let booking = state.booked().unwrap();
        booking.may_fill(&booking.vacant[0], panel)
    }

    #[test]
    fn a_seat_goes_to_whoever_may_have_its_part() {
        let role = |role, people: &[u128]| RoleSpec {
            role,
            min: 1,
            max: 1,
            pool: people.iter().copied().map(id).collect(),
        };
        let roles = vec![role(PanelRole::Lead, &[1, 5]), role(PanelRole::Panel, &[3, 4, 6])];
        let without_lead = vec![role(PanelRole::Panel, &[3])];

        assert_eq!(may_fill(&pool(roles)), [id(5)]);
        assert_eq!(may_fill(&pool(without_lead)), [id(3), id(4), id(5), id(6)]);
    }

    #[test]
    fn neither_the_candidate_nor_whoever_left_is_asked() {
        assert_eq!(may_fill(&pool(Vec::new())), [id(3), id(4), id(5), id(6)]);
    }

    #[test]
    fn what_was_never_asked_for_has_no_seats() {
        given::<Interview>([])
            .when_at(asked_at(), fill(5))
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
