//! Other times for an interview whose panel lacks people whom nobody can stand in for at the present time. By the function that
//! decides what is bookable: at such a time everybody who is left is free, and others of the pool for the seats.

use chrono::Duration;
use domain::{
    ids::AccountId,
    interview::{
        Booking,
        events::{GroupPlace, PanelClaim, PanelMember},
        proposals::Proposal,
        repair::Spread,
    },
    time::{Instant, Span},
};
use store::executor::{CommandError, Unit};

use super::{
    list_slots::MOST_DAYS,
    moving::{claim, take},
    rebooking::{Rebooking, product},
    seats,
};

/// How many days are searched at once: what is proposed mostly lies in the first of them.
const DAYS_AT_ONCE: i64 = 7;

/// The next starts at which the interview can be held with these seats filled, spread over some days.
pub(crate) async fn starts(
    unit: &mut Unit<'_>,
    booking: &Booking,
    seats: &[PanelMember],
) -> Result<Vec<Instant>, CommandError> {
    let product = product(unit, booking).await?;
    let rebooking = Rebooking::with_filled(unit, booking, &product, seats).await?;
    if rebooking.has_part_of_nobody() {
        return Ok(Vec::new());
    }
    let now = unit.now();
    let mut spread = Spread::of(booking);
    let last = now + Duration::days(MOST_DAYS);
    let mut from = now;
    while from < last && !spread.is_full() {
        let to = last.min(from + Duration::days(DAYS_AT_ONCE));
        for start in rebooking.starts(from, to, now) {
            spread.offer(start);
        }
        from = to;
    }
    Ok(spread.starts())
}

/// What a move takes.
pub(super) struct Taken {
    /// Its place in a group, where it has one.
    pub(super) group: Option<GroupPlace>,
    /// The claims of those who sit on the panel.
    pub(super) claims: Vec<PanelClaim>,
    /// Who takes whose seat, once the interview has moved.
    pub(super) seats: Seats,
}

/// Vacant seats, by who gave each of them up, with those who were found for them.
pub(super) struct Seats(Vec<(AccountId, PanelMember)>);

impl Taken {
    /// What the interview has anyhow.
    pub(super) fn nothing_new(booking: &Booking) -> Self {
        Self {
            group: booking.group,
            claims: booking.claims.clone(),
            seats: Seats(Vec::new()),
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
                seats: Seats(seats),
            });
        }
        let (group, claims) = claim(unit, booking, span).await?;
        Ok(Self {
            group,
            claims,
            seats: Seats(Vec::new()),
        })
    }
}

impl Seats {
    /// Gives them to those who were found, in the interview that has moved.
    pub(super) async fn fill(self, unit: &mut Unit<'_>, moved: &Booking) -> Result<(), CommandError> {
        for (former, next) in self.0 {
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
    let product = product(unit, booking).await?;
    let needed = booking.lacks_for(proposal, &product.panel);
    let all = Rebooking::with_filled(unit, booking, &product, &booking.vacant).await?;
    if let Ok(offer) = all.at(start, now) {
        return Ok(booking.seated(&booking.vacant, &offer.panel));
    }
    let fewest = Rebooking::with_filled(unit, booking, &product, &needed).await?;
    let offer = fewest.at(start, now)?;
    Ok(booking.seated(&needed, &offer.panel))
}
