//! What the calendars and availabilities of a pool say, loaded so that each one guards the append.

use domain::{
    availability::{Availability, events::BookingLimits, limits::Tally},
    ids::AccountId,
    interview::Booking,
    interview_type::InterviewType,
    interviewer_calendar::InterviewerCalendar,
    slots::{self, Calendar},
    time::Instant,
};
use store::executor::{CommandError, Unit};

/// The facts of a pool, in the order of the pool.
#[derive(Debug)]
pub struct PanelFacts(Vec<Facts>);

#[derive(Debug)]
struct Facts {
    account: AccountId,
    availability: Availability,
    claims: InterviewerCalendar,
}

/// Loads the facts of every interviewer in a pool.
///
/// # Errors
/// When the log cannot be read.
pub async fn load(unit: &mut Unit<'_>, pool: &[AccountId]) -> Result<PanelFacts, CommandError> {
    let mut facts = Vec::with_capacity(pool.len());
    for account in pool {
        facts.push(Facts {
            account: *account,
            availability: unit.load(account.uuid()).await?,
            claims: unit.load(account.uuid()).await?,
        });
    }
    Ok(PanelFacts(facts))
}

/// What is taken on of the product that an interview follows, which does not count itself; none when nothing limits it. The
/// calendars of the whole pool guard the append then, so that nobody else takes the last place meanwhile.
///
/// # Errors
/// When the log cannot be read.
pub async fn taken_on(unit: &mut Unit<'_>, booking: &Booking) -> Result<Option<Tally>, CommandError> {
    let Some(pin) = booking.product else {
        return Ok(None);
    };
    let product: InterviewType = unit.load(pin.interview_type.uuid()).await?;
    let limited = product
        .spec()
        .filter(|spec| spec.limits != BookingLimits::default());
    let Some(spec) = limited else {
        return Ok(None);
    };
    let facts = load(unit, &spec.panel.pool).await?;
    let (now, moving) = (unit.now(), Some(booking.interview));
    Ok(slots::taken_on(
        pin.interview_type,
        spec,
        &facts.calendars(now),
        now,
        moving,
    ))
}

impl PanelFacts {
    /// As the function that knows what is bookable wants them.
    pub fn calendars(&self, now: Instant) -> Vec<Calendar<'_>> {
        let calendars = self.0.iter().map(|facts| Calendar {
            account: facts.account,
            availability: &facts.availability,
            claims: &facts.claims,
            recent: facts.claims.recent_claims(now),
        });
        calendars.collect()
    }
}
