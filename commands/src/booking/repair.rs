//! Other times for an interview whose panel lacks people whom nobody can stand in for at the present time. By the function that
//! decides what is bookable: at such a time everybody who is left is free, and others of the pool for the seats.

use chrono::Duration;
use domain::{
    availability::limits::Tally,
    ids::AccountId,
    interview::{
        Booking,
        events::{GroupPlace, PanelClaim, PanelMember},
        proposals::Proposal,
        repair::Spread,
    },
    interview_type::events::TypeSpec,
    refusal::Refusal,
    slots,
    time::{Instant, Span},
};
use store::executor::{CommandError, Unit};

use super::{
    list_slots::MOST_DAYS,
    moving::{claim, spec, take},
    panel_facts::{self, PanelFacts},
    seats,
};

/// How many days are searched at once: what is proposed mostly lies in the first of them.
const DAYS_AT_ONCE: i64 = 7;

/// An interview with the seats that are to be filled, and all that decides when that is possible.
struct Repair<'b> {
    booking: &'b Booking,
    seats: Vec<PanelMember>,
    /// What holds for the move, with the panel that is looked for.
    spec: TypeSpec,
    facts: PanelFacts,
    taken: Option<Tally>,
}

/// The next starts at which the interview can be held with these seats filled, spread over some days.
pub(crate) async fn starts(
    unit: &mut Unit<'_>,
    booking: &Booking,
    seats: Vec<PanelMember>,
) -> Result<Vec<Instant>, CommandError> {
    let now = unit.now();
    Ok(Repair::of(unit, booking, seats).await?.starts(now))
}

/// What a move takes.
pub(super) struct Taken {
    /// Its place in a group, where it has one.
    pub(super) group: Option<GroupPlace>,
    /// The claims of those who sit on the panel.
    pub(super) claims: Vec<PanelClaim>,
    /// Who takes whose seat.
    seats: Vec<(AccountId, PanelMember)>,
}

impl Taken {
    /// What the interview has anyhow.
    pub(super) fn nothing_new(booking: &Booking) -> Self {
        Self {
            group: booking.group,
            claims: booking.claims.clone(),
            seats: Vec::new(),
        }
    }

    /// Takes a new time, or refuses. Where it was proposed because seats are vacant, and where nobody is left on the panel,
    /// others are found for these seats.
    pub(super) async fn of(
        unit: &mut Unit<'_>,
        booking: &Booking,
        proposal: Option<&Proposal>,
        span: Span,
    ) -> Result<Self, CommandError> {
        if booking.lost_its_panel() || proposal.is_some_and(Proposal::repairs) {
            let seats = seated(unit, booking, proposal, span.start).await?;
            return Ok(Self {
                group: None,
                claims: take(unit, booking, None, span).await?,
                seats,
            });
        }
        let (group, claims) = claim(unit, booking, span).await?;
        Ok(Self {
            group,
            claims,
            seats: Vec::new(),
        })
    }

    /// Gives the vacant seats to those who were found, once the interview has moved.
    pub(super) async fn seat(self, unit: &mut Unit<'_>, moved: &Booking) -> Result<(), CommandError> {
        for (former, next) in self.seats {
            seats::fill(unit, moved, former, next.account, next.reason, None).await?;
        }
        Ok(())
    }
}

/// Who takes whose seat when the interview moves to this start: all that are vacant if that is possible, else those that the
/// move has to fill.
pub(super) async fn seated(
    unit: &mut Unit<'_>,
    booking: &Booking,
    proposal: Option<&Proposal>,
    start: Instant,
) -> Result<Vec<(AccountId, PanelMember)>, CommandError> {
    let now = unit.now();
    let product = spec(unit, booking).await?;
    let needed = booking.lacks_for(proposal, &product.panel);
    let all = Repair::of(unit, booking, booking.vacant.clone()).await?;
    if let Ok(seated) = all.seated(start, now) {
        return Ok(seated);
    }
    let needed = Repair::of(unit, booking, needed).await?;
    Ok(needed.seated(start, now)?)
}

impl<'b> Repair<'b> {
    async fn of(
        unit: &mut Unit<'_>,
        booking: &'b Booking,
        seats: Vec<PanelMember>,
    ) -> Result<Self, CommandError> {
        let product = spec(unit, booking).await?;
        let mut spec = slots::under_terms(&product, &booking.terms);
        spec.candidate_seats = 1;
        spec.panel = booking.repaired(&seats, &product.panel);
        let facts = panel_facts::load(unit, &spec.panel.pool).await?;
        let taken = panel_facts::taken_on(unit, booking).await?;
        Ok(Self {
            booking,
            seats,
            spec,
            facts,
            taken,
        })
    }

    fn wanted(&self) -> slots::Product<'_> {
        slots::Product::again(self.booking, &self.spec, self.taken.as_ref())
    }

    fn seated(&self, start: Instant, now: Instant) -> Result<Vec<(AccountId, PanelMember)>, Refusal> {
        let offer = slots::check(&self.wanted(), &self.facts.calendars(now), start, now)?;
        Ok(self.booking.seated(&self.seats, &offer.panel))
    }

    fn starts(&self, now: Instant) -> Vec<Instant> {
        if self.spec.panel.roles.iter().any(|seat| seat.pool.is_empty()) {
            // Whatever the time: nobody else may have it.
            return Vec::new();
        }
        let (wanted, calendars) = (self.wanted(), self.facts.calendars(now));
        let mut spread = Spread::new(self.booking.slot.zone);
        let last = now + Duration::days(MOST_DAYS);
        let mut from = now;
        while from < last && !spread.is_full() {
            let to = last.min(from + Duration::days(DAYS_AT_ONCE));
            let offers = slots::offers(&wanted, &calendars, from, to, now);
            let starts = offers.into_iter().map(|offer| offer.span.start);
            for start in starts.filter(|start| *start != self.booking.slot.span.start) {
                spread.offer(start);
            }
            from = to;
        }
        spread.starts()
    }
}
