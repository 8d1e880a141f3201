//! What the calendars and availabilities of a pool say, loaded so that each one guards the append.

use domain::{
    availability::Availability, ids::AccountId, interviewer_calendar::InterviewerCalendar, slots::Calendar,
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
