//! What can be booked: exactly the starts that a booking would accept now, by the same function.

use domain::{
    availability::Availability,
    envelope::StreamId,
    fact::Category,
    ids::{InterviewTypeId, OrganisationId},
    interview_type::InterviewType,
    interviewer_calendar::InterviewerCalendar,
    refusal::Refusal,
    slots::{self, Calendar, Offer},
    time::{Instant, Span},
};
use store::executor::{CommandError, Executor};

/// Longest stretch that is searched at once, in days.
pub const MOST_DAYS: i64 = 62;

/// The slots of a product that start in a range and can be booked now.
///
/// # Errors
/// `NotFound` for a product that is not offered, `Invalid` for a range that is empty or longer than [`MOST_DAYS`].
pub async fn list_slots(
    executor: &Executor,
    tenant: OrganisationId,
    interview_type: InterviewTypeId,
    range: Span,
    now: Instant,
) -> Result<Vec<Offer>, CommandError> {
    if range.end <= range.start || range.end - range.start > chrono::Duration::days(MOST_DAYS) {
        return Err(Refusal::invalid("to", "must be after from, by at most 62 days").into());
    }
    let stream = |category, id| StreamId { tenant, category, id };
    let product = executor
        .load::<InterviewType>(stream(Category::InterviewType, interview_type.uuid()))
        .await?
        .state;
    let (spec, _) = product.bookable().ok_or(Refusal::NotFound {
        what: "interview type",
    })?;
    let mut people = Vec::with_capacity(spec.panel.pool.len());
    for account in &spec.panel.pool {
        let rules = executor
            .load::<Availability>(stream(Category::Availability, account.uuid()))
            .await?
            .state;
        let claims = stream(Category::InterviewerCalendar, account.uuid());
        people.push((
            *account,
            rules,
            executor.load::<InterviewerCalendar>(claims).await?.state,
        ));
    }
    let calendars: Vec<_> = people
        .iter()
        .map(|(account, availability, claims)| Calendar {
            account: *account,
            availability,
            claims,
            recent: claims.recent_claims(now),
        })
        .collect();
    Ok(slots::offers(spec, &calendars, range.start, range.end, now))
}
