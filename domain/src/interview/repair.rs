//! Other times for an interview that nobody can sit on the panel of as it is: which seats it cannot do without, who else may
//! have them, and which of the times at which that goes well are proposed.

use chrono::{Duration, NaiveDate, Timelike};

use super::{
    Booking,
    events::{PanelMember, PanelRole},
    proposals::{MOST_OPTIONS, MOST_PROPOSALS, Proposal, Standing},
};
use crate::{
    ids::AccountId,
    interview_type::events::{PanelSpec, PanelStrategy, RoleSpec},
    refusal::Refusal,
    time::{Instant, Zone},
};

/// How many times of one date are proposed.
const MOST_A_DAY: usize = 2;
/// How long after a time that is proposed the next one is, at least, in hours.
const HOURS_APART: i64 = 3;
/// The day of a candidate, in hours of the clock in the zone in which the interview is promised: the first, and the end of the last.
const DAY: (u32, u32) = (7, 22);

impl Booking {
    /// The vacant seats that a panel of this product cannot do without: as many of each part as are missing.
    pub fn lacks(&self, panel: &PanelSpec) -> Vec<PanelMember> {
        if panel.roles.is_empty() {
            let needed = match panel.strategy {
                PanelStrategy::Collective => panel.pool.len(),
                PanelStrategy::RoundRobin => usize::from(panel.seats.max(1)),
            };
            let (leads, others): (Vec<_>, Vec<_>) = self
                .vacant
                .iter()
                .cloned()
                .partition(|seat| seat.role == PanelRole::Lead);
            let missing = needed.saturating_sub(self.panel.len());
            return leads.into_iter().chain(others).take(missing).collect();
        }
        let missing = |spec: &RoleSpec| {
            let sit = self.panel.iter().filter(|member| member.role == spec.role);
            usize::from(spec.min).saturating_sub(sit.count())
        };
        let lacking = panel.roles.iter().flat_map(|spec| {
            let vacant = self.vacant.iter().filter(move |seat| seat.role == spec.role);
            vacant.take(missing(spec))
        });
        lacking.cloned().collect()
    }

    /// The vacant seats that a move to a time of a proposal has to fill: those that it was made for, and what else is missing by
    /// now.
    pub fn lacks_for(&self, proposal: Option<&Proposal>, panel: &PanelSpec) -> Vec<PanelMember> {
        let missing = self.lacks(panel);
        let is_for =
            |seat: &PanelMember| proposal.is_some_and(|made| made.vacated_by.contains(&seat.account));
        let vacant = self.vacant.iter();
        let lacking = vacant.filter(|seat| is_for(seat) || missing.contains(seat));
        lacking.cloned().collect()
    }

    /// True when nobody is left on the panel, and others of a pool can be found for its seats at another time. Seats of a group are
    /// filled one by one.
    pub fn lost_its_panel(&self) -> bool {
        self.panel.is_empty() && !self.vacant.is_empty() && self.product.is_some() && self.group.is_none()
    }

    /// The panel that is looked for: everybody who is left, and one of those who may have it for each of these seats, in the order
    /// in which the pool takes turns.
    pub fn repaired(&self, seats: &[PanelMember], panel: &PanelSpec) -> PanelSpec {
        let seat = |role, pool| RoleSpec {
            role,
            min: 1,
            max: 1,
            pool,
        };
        let left = self
            .panel
            .iter()
            .map(|member| seat(member.role, vec![member.account]));
        let others = seats
            .iter()
            .map(|vacant| seat(vacant.role, self.may_come_then(vacant, panel)));
        let roles: Vec<_> = left.chain(others).collect();
        let mut pool: Vec<AccountId> = Vec::new();
        for account in roles.iter().flat_map(|role| &role.pool) {
            if !pool.contains(account) {
                pool.push(*account);
            }
        }
        PanelSpec {
            pool,
            strategy: PanelStrategy::RoundRobin,
            seats: 1,
            roles,
            preferences: panel.preferences.clone(),
        }
    }

    /// Who of a panel that was found takes whose seat, of those that it was looked for.
    pub fn seated(&self, seats: &[PanelMember], found: &[PanelMember]) -> Vec<(AccountId, PanelMember)> {
        let new = found
            .iter()
            .filter(|member| !self.is_panel_member(member.account));
        let mut new: Vec<_> = new.cloned().collect();
        let takes = seats.iter().filter_map(|seat| {
            let next = new.iter().position(|member| member.role == seat.role)?;
            Some((seat.account, new.remove(next)))
        });
        takes.collect()
    }

    /// True while Greenroom may propose other times for these seats: once for each at the present time, whatever came of it, and
    /// never over what a person has proposed.
    pub fn awaits_times(&self, seats: &[PanelMember]) -> bool {
        let seats: Vec<_> = seats.iter().map(|seat| seat.account).collect();
        self.proposals.len() < MOST_PROPOSALS && self.may_be_repaired(&seats).is_ok()
    }

    /// Refuses what Greenroom would propose over what a person has proposed, for no vacant seat, or a second time.
    pub(super) fn may_be_repaired(&self, seats: &[AccountId]) -> Result<(), Refusal> {
        let is_vacant = |account: &AccountId| self.vacant.iter().any(|seat| seat.account == *account);
        if seats.is_empty() || !seats.iter().all(is_vacant) {
            return Err(Refusal::WrongState {
                state: "the seats are not vacant",
            });
        }
        if self.open_proposal().is_some_and(|open| open.by.is_some()) {
            return Err(Refusal::WrongState {
                state: "somebody has proposed other times",
            });
        }
        let is_known = |account: &AccountId| {
            let mut made = self.proposals.iter();
            made.any(|made| made.revision == self.revision && made.vacated_by.contains(account))
        };
        if seats.iter().all(is_known) {
            return Err(Refusal::WrongState {
                state: "other times were proposed for the seats",
            });
        }
        Ok(())
    }
}

impl Proposal {
    /// True when a move to one of its times fills seats too.
    pub fn repairs(&self) -> bool {
        self.by.is_none() && self.standing == Standing::Open
    }
}

/// Times to be proposed, of all that are possible, given in order: the next ones, but not all on one day and not all at the same
/// time of it. Those that end in the night only where there are no others. Dates and nights are those of the zone in which the
/// interview is promised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spread {
    zone: Zone,
    length: Duration,
    by_day: Vec<Instant>,
    at_any_time: Vec<Instant>,
}

impl Spread {
    /// None yet, for another time of this interview.
    pub fn of(booking: &Booking) -> Self {
        Self::new(
            booking.slot.zone,
            Duration::minutes(booking.terms.duration_minutes.into()),
        )
    }

    const fn new(zone: Zone, length: Duration) -> Self {
        Self {
            zone,
            length,
            by_day: Vec::new(),
            at_any_time: Vec::new(),
        }
    }

    /// Takes a start that is far enough from those before it.
    pub fn offer(&mut self, start: Instant) {
        if self.is_far_from(&self.at_any_time, start) {
            self.at_any_time.push(start);
        }
        if self.is_by_day(start) && self.is_far_from(&self.by_day, start) {
            self.by_day.push(start);
        }
    }

    /// True when one proposal names no more.
    pub const fn is_full(&self) -> bool {
        self.by_day.len() >= MOST_OPTIONS
    }

    /// Those that were taken, in order.
    pub fn starts(self) -> Vec<Instant> {
        if self.by_day.is_empty() {
            self.at_any_time
        } else {
            self.by_day
        }
    }

    fn is_far_from(&self, taken: &[Instant], start: Instant) -> bool {
        let date = self.date(start);
        let same_day = taken.iter().filter(|known| self.date(**known) == date);
        let is_near = |last: &Instant| start.signed_duration_since(*last) < Duration::hours(HOURS_APART);
        taken.len() < MOST_OPTIONS && same_day.count() < MOST_A_DAY && !taken.last().is_some_and(is_near)
    }

    /// From the first to the last moment of the interview.
    fn is_by_day(&self, start: Instant) -> bool {
        let (first, last) = DAY;
        let (from, to) = (self.zone.local(start), self.zone.local(start + self.length));
        let ends = to.num_seconds_from_midnight() <= last * 3600;
        from.date() == to.date() && from.hour() >= first && ends
    }

    fn date(&self, start: Instant) -> NaiveDate {
        self.zone.local(start).date()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id, utc},
        interview::{
            Interview, InterviewCommand,
            accept_proposal::AcceptProposal,
            confirm::Confirm,
            decline_proposal::DeclineProposal,
            events::{InterviewEvent, PanelClaim, SeatReason, Side},
            fill_seat::FillSeat,
            given::{asked_at, confirmed, propose, request, slot, start, tomorrow},
            propose_times::ProposeTimes,
            reschedule::Reschedule,
            vacate_seat::VacateSeat,
        },
        interview_type::given::spec,
    };

    fn then(mut history: Vec<InterviewEvent>, command: impl Into<InterviewCommand>) -> Vec<InterviewEvent> {
        history.extend(decide::<Interview>(&history, command, asked_at()).unwrap());
        history
    }

    fn code(history: &[InterviewEvent], command: impl Into<InterviewCommand>) -> &'static str {
        let refused = decide::<Interview>(history, command, asked_at());
        refused.unwrap_err().code()
    }

    fn booking(history: &[InterviewEvent]) -> Booking {
        let state: Interview = fold(history);
        state.booked().unwrap().clone()
    }

    /// The only seat was given up.
    fn vacated() -> Vec<InterviewEvent> {
        then(confirmed(), VacateSeat { account: id(1) })
    }

    fn repair(proposal: u128) -> ProposeTimes {
        ProposeTimes {
            proposal: id(proposal),
            by: None,
            vacated_by: vec![id(1)],
            ..propose(Side::Hosts)
        }
    }

    fn filled_by(account: u128) -> FillSeat {
        FillSeat {
            former: id(1),
            account: id(account),
            reason: SeatReason::FewestRecent,
            claim: id(40),
            by: None,
        }
    }

    fn standings(history: &[InterviewEvent]) -> Vec<Standing> {
        let booking = booking(history);
        booking.proposals.iter().map(|known| known.standing).collect()
    }

    fn declined(proposal: u128) -> DeclineProposal {
        DeclineProposal {
            expected_revision: 1,
            proposal: id(proposal),
            by: id(2),
            side: Side::Candidate,
            reason: None,
        }
    }

    #[test]
    fn greenroom_proposes_once_for_a_vacant_seat_whatever_came_of_it() {
        let history = then(vacated(), repair(60));
        let declined = then(history.clone(), declined(60));

        assert!(booking(&history).open_proposal().unwrap().repairs());
        assert_eq!(code(&history, repair(61)), "WRONG_STATE");
        assert_eq!(code(&declined, repair(61)), "WRONG_STATE");
        let seats = booking(&vacated()).vacant;
        assert!(booking(&vacated()).awaits_times(&seats));
        assert!(!booking(&history).awaits_times(&seats));
        assert!(!booking(&declined).awaits_times(&seats));
    }

    #[test]
    fn greenroom_proposes_nothing_for_a_seat_that_somebody_has_or_over_what_somebody_proposed() {
        let people = then(vacated(), propose(Side::Candidate));
        assert_eq!(code(&confirmed(), repair(60)), "WRONG_STATE");
        assert_eq!(code(&people, repair(61)), "WRONG_STATE");
        assert!(!booking(&people).awaits_times(&booking(&people).vacant));
    }

    #[test]
    fn what_was_proposed_for_a_seat_has_lost_its_point_once_somebody_has_it() {
        let proposed = then(vacated(), repair(60));
        let filled = then(proposed.clone(), filled_by(5));
        let accept = AcceptProposal {
            expected_revision: 1,
            proposal: id(60),
            start: tomorrow(),
            by: id(2),
            side: Side::Candidate,
            group: None,
            claims: Vec::new(),
        };

        assert_eq!(standings(&filled), [Standing::Superseded]);
        assert_eq!(code(&filled, accept), "WRONG_STATE");
        let by_people = then(then(vacated(), propose(Side::Hosts)), filled_by(5));
        assert_eq!(standings(&by_people), [Standing::Open]);
        let again = then(filled, VacateSeat { account: id(5) });
        let for_the_next = ProposeTimes {
            vacated_by: vec![id(5)],
            ..repair(61)
        };
        assert!(decide::<Interview>(&again, for_the_next, asked_at()).is_ok());
    }

    #[test]
    fn a_proposal_for_two_seats_stands_until_both_are_taken() {
        let mut request = request();
        request.panel.push(PanelMember {
            account: id(3),
            ..request.panel[0].clone()
        });
        request.claims.push(PanelClaim {
            account: id(3),
            claim: id(30),
        });
        let history = then(then(Vec::new(), request), Confirm);
        let history = then(history, VacateSeat { account: id(1) });
        let history = then(history, VacateSeat { account: id(3) });
        let both = ProposeTimes {
            vacated_by: vec![id(1), id(3)],
            ..repair(60)
        };
        let history = then(history, both);

        let one = then(history, filled_by(5));
        let both = then(
            one.clone(),
            FillSeat {
                former: id(3),
                claim: id(41),
                ..filled_by(6)
            },
        );

        assert_eq!(standings(&one), [Standing::Open]);
        assert_eq!(standings(&both), [Standing::Superseded]);
    }

    #[test]
    fn after_a_move_times_may_be_proposed_again_for_a_seat_that_is_still_vacant() {
        let away = Reschedule {
            expected_revision: 1,
            to: slot(tomorrow()),
            group: None,
            claims: Vec::new(),
            by: id(9),
            reason: None,
        };
        let moved = then(then(vacated(), repair(60)), away);
        let again = ProposeTimes {
            expected_revision: 2,
            options: vec![slot(start() + Duration::days(2))],
            ..repair(61)
        };
        assert_eq!(standings(&moved), [Standing::Superseded]);
        assert!(decide::<Interview>(&moved, again, asked_at()).is_ok());
    }

    #[test]
    fn whoever_takes_such_a_time_moves_the_interview_at_the_wish_of_the_organisation() {
        let accept = AcceptProposal {
            expected_revision: 1,
            proposal: id(60),
            start: tomorrow(),
            by: id(2),
            side: Side::Candidate,
            group: None,
            claims: Vec::new(),
        };
        let history = then(then(vacated(), repair(60)), accept);
        let history = then(history, filled_by(5));
        let after = booking(&history);

        let moved = |event: &InterviewEvent| matches!(event, InterviewEvent::InterviewRescheduled(event) if event.by == id(2));
        assert!(history.iter().any(moved));
        assert_eq!((after.revision, after.refund_limit), (2, 100));
        assert_eq!(standings(&history), [Standing::Accepted]);
        assert_eq!((after.panel[0].account, after.vacant), (id(5), Vec::new()));
    }

    fn role(role: PanelRole, min: u8, people: &[u128]) -> RoleSpec {
        RoleSpec {
            role,
            min,
            max: 2,
            pool: people.iter().copied().map(id).collect(),
        }
    }

    fn of(strategy: PanelStrategy, seats: u8, pool: &[u128], roles: Vec<RoleSpec>) -> PanelSpec {
        PanelSpec {
            pool: pool.iter().copied().map(id).collect(),
            strategy,
            seats,
            roles,
            ..spec().panel
        }
    }

    fn seat(account: u128, role: PanelRole) -> PanelMember {
        PanelMember {
            account: id(account),
            role,
            reason: SeatReason::FewestRecent,
        }
    }

    fn with(panel: Vec<PanelMember>, vacant: Vec<PanelMember>) -> Booking {
        Booking {
            panel,
            vacant,
            ..booking(&confirmed())
        }
    }

    #[test]
    fn a_panel_lacks_what_its_product_cannot_do_without() {
        use PanelRole::{Lead, Panel, Shadow};
        use PanelStrategy::{Collective, RoundRobin};
        let alone = with(Vec::new(), vec![seat(1, Lead)]);
        let one_left = with(vec![seat(4, Panel)], vec![seat(3, Panel), seat(1, Lead)]);
        let parts = vec![
            role(Lead, 1, &[1, 5]),
            role(Panel, 1, &[3, 4]),
            role(Shadow, 0, &[6]),
        ];
        let shadowless = with(vec![seat(1, Lead), seat(3, Panel)], vec![seat(6, Shadow)]);

        assert_eq!(
            alone.lacks(&of(RoundRobin, 1, &[1, 5], Vec::new())),
            [seat(1, Lead)]
        );
        assert_eq!(one_left.lacks(&of(RoundRobin, 1, &[1, 5], Vec::new())), []);
        assert_eq!(
            one_left.lacks(&of(RoundRobin, 2, &[1, 5], Vec::new())),
            [seat(1, Lead)]
        );
        assert_eq!(
            one_left.lacks(&of(Collective, 1, &[1, 3, 4], Vec::new())).len(),
            2
        );
        let parts = of(RoundRobin, 1, &[1, 3, 4, 5, 6], parts);
        assert_eq!(one_left.lacks(&parts), [seat(1, Lead)]);
        assert_eq!(shadowless.lacks(&parts), []);
    }

    #[test]
    fn those_who_are_left_take_part_and_the_seats_go_to_others_who_may_have_them() {
        use PanelRole::{Lead, Panel};
        let booking = with(vec![seat(4, Panel)], vec![seat(1, Lead)]);
        let parts = vec![role(Lead, 1, &[1, 4, 5, 6]), role(Panel, 1, &[4])];
        let panel = of(PanelStrategy::Collective, 1, &[1, 4, 5, 6], parts);

        let wanted = booking.repaired(&booking.vacant, &panel);
        let found = [seat(6, Lead), seat(4, Panel)];
        let seated = booking.seated(&booking.vacant, &found);

        let pools: Vec<_> = wanted.roles.iter().map(|role| role.pool.clone()).collect();
        assert_eq!(pools, [vec![id(4)], vec![id(5), id(6)]]);
        assert_eq!(wanted.pool, [id(4), id(5), id(6)]);
        assert_eq!(seated, [(id(1), seat(6, Lead))]);
    }

    #[test]
    fn where_there_is_nobody_else_whoever_gave_the_seat_up_is_asked_for_another_time() {
        let booking = with(Vec::new(), vec![seat(1, PanelRole::Lead)]);
        let alone = of(PanelStrategy::RoundRobin, 1, &[1], Vec::new());

        assert_eq!(booking.may_fill(&booking.vacant[0], &alone), []);
        assert_eq!(booking.repaired(&booking.vacant, &alone).pool, [id(1)]);
        let found = [seat(1, PanelRole::Lead)];
        let seated = booking.seated(&booking.vacant, &found);
        assert_eq!(seated, [(id(1), seat(1, PanelRole::Lead))]);
    }

    #[test]
    fn at_most_two_times_of_a_day_are_proposed_and_hours_lie_between_them() {
        let mut spread = an_hour_in_kolkata();
        let first = utc("2026-05-05T03:30:00Z");
        for quarter in 0..400 {
            spread.offer(first + Duration::minutes(15 * quarter));
        }

        let starts = spread.starts();

        // Nine and twelve in Kolkata; on the next date seven and ten.
        let expected = [
            "2026-05-05T03:30:00Z",
            "2026-05-05T06:30:00Z",
            "2026-05-06T01:30:00Z",
            "2026-05-06T04:30:00Z",
            "2026-05-07T01:30:00Z",
        ];
        assert_eq!(starts, expected.map(utc));
    }

    #[test]
    fn the_night_is_proposed_only_where_nothing_else_is_possible() {
        // Six in the morning, half past nine in the evening, nine in the evening.
        let (early, late, last) = (
            "2026-05-05T00:30:00Z",
            "2026-05-05T16:00:00Z",
            "2026-05-06T15:30:00Z",
        );
        let of = |starts: &[&str]| {
            let mut spread = an_hour_in_kolkata();
            for start in starts {
                spread.offer(utc(start));
            }
            spread.starts()
        };

        assert_eq!(of(&[early, late]), [early, late].map(utc));
        assert_eq!(of(&[early, late, last]), [utc(last)]);
    }

    fn an_hour_in_kolkata() -> Spread {
        Spread::new("Asia/Kolkata".parse().unwrap(), Duration::hours(1))
    }
}
