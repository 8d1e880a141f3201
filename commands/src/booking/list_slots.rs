//! What can be booked: exactly the starts that a booking would accept now, by the same function, and why the others are
//! not among them.

use chrono::Duration;
use domain::{
    availability::Availability,
    envelope::StreamId,
    fact::Category,
    ids::{AccountId, InterviewTypeId, OrganisationId},
    interview_type::{InterviewType, events::TypeSpec},
    interviewer_calendar::InterviewerCalendar,
    refusal::Refusal,
    slots::{self, Calendar, Explanation, Offer},
    time::{Instant, Span},
};
use store::executor::{CommandError, Executor};

/// Longest stretch that is searched at once, in days.
pub const MOST_DAYS: i64 = 62;

/// Longest stretch that is explained at once, in days: there is something to say about each start.
pub const MOST_DAYS_EXPLAINED: i64 = 31;

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
    check_range(range, MOST_DAYS, "must be after from, by at most 62 days")?;
    let product = Product::load(executor, tenant, interview_type).await?;
    let (spec, calendars) = (product.spec()?, product.calendars(now));
    let taken = slots::taken_on(interview_type, spec, &calendars, now, None);
    let wanted = slots::Product::offered(interview_type, spec, taken.as_ref());
    Ok(slots::offers(&wanted, &calendars, range.start, range.end, now))
}

/// Every regular start of a product in a range: what [`list_slots`] lists, and which rule removed each of the others.
///
/// # Errors
/// `NotFound` for a product that is not offered, `Invalid` for a range that is empty or longer than
/// [`MOST_DAYS_EXPLAINED`].
pub async fn explain_slots(
    executor: &Executor,
    tenant: OrganisationId,
    interview_type: InterviewTypeId,
    range: Span,
    now: Instant,
) -> Result<Explanation, CommandError> {
    check_range(
        range,
        MOST_DAYS_EXPLAINED,
        "must be after from, by at most 31 days to be explained",
    )?;
    let product = Product::load(executor, tenant, interview_type).await?;
    let (spec, calendars) = (product.spec()?, product.calendars(now));
    let taken = slots::taken_on(interview_type, spec, &calendars, now, None);
    let wanted = slots::Product::offered(interview_type, spec, taken.as_ref());
    Ok(slots::explain(&wanted, &calendars, range.start, range.end, now))
}

fn check_range(range: Span, most_days: i64, reason: &str) -> Result<(), Refusal> {
    if range.end <= range.start || range.end - range.start > Duration::days(most_days) {
        return Err(Refusal::invalid("to", reason));
    }
    Ok(())
}

/// A product with what is known of its pool.
#[derive(Debug)]
struct Product {
    product: InterviewType,
    pool: Vec<(AccountId, Availability, InterviewerCalendar)>,
}

impl Product {
    async fn load(
        executor: &Executor,
        tenant: OrganisationId,
        interview_type: InterviewTypeId,
    ) -> Result<Self, CommandError> {
        let stream = |category, id| StreamId { tenant, category, id };
        let product = executor
            .load::<InterviewType>(stream(Category::InterviewType, interview_type.uuid()))
            .await?
            .state;
        let mut pool = Vec::new();
        for account in product
            .bookable()
            .into_iter()
            .flat_map(|(spec, _)| &spec.panel.pool)
        {
            let rules = stream(Category::Availability, account.uuid());
            let claims = stream(Category::InterviewerCalendar, account.uuid());
            pool.push((
                *account,
                executor.load::<Availability>(rules).await?.state,
                executor.load::<InterviewerCalendar>(claims).await?.state,
            ));
        }
        Ok(Self { product, pool })
    }

    fn spec(&self) -> Result<&TypeSpec, Refusal> {
        let bookable = self.product.bookable();
        bookable.map(|(spec, _)| spec).ok_or(Refusal::NotFound {
            what: "interview type",
        })
    }

    fn calendars(&self, now: Instant) -> Vec<Calendar<'_>> {
        let calendars = self.pool.iter().map(|(account, availability, claims)| Calendar {
            account: *account,
            availability,
            claims,
            recent: claims.recent_claims(now),
        });
        calendars.collect()
    }
}
