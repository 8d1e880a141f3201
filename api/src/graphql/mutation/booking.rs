//! Booking and moving.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::Duration;
use commands::booking::{
    keep_drifted_time::KeepDriftedTime,
    list_slots::{MOST_DAYS, list_slots},
    request_booking::RequestBooking,
    reschedule_interview::RescheduleInterview,
};
use domain::{
    ids::InterviewTypeId,
    interview::events::Brief,
    refusal::Refusal,
    text::{Line, Paragraph},
    time::{Instant, Span},
};

use super::{
    super::{
        interview::Interview,
        policy::Operation,
        scalars::{DateTime, TimeZone},
        user_error::UserError,
    },
    call::{Answer, Call, Outcome, count, id},
    rooms::shown,
};

/// Booking and moving.
#[derive(Default, Clone, Copy, Debug)]
pub struct BookingMutation;

/// How many other starts are named when one was taken.
const ALTERNATIVES: usize = 3;
/// Most focus areas of a booking.
const MOST_AREAS: usize = 20;

/// What a candidate asks for.
#[derive(InputObject, Debug)]
pub struct RequestBookingInput {
    /// The product.
    type_id: ID,
    /// The start, as `slots` offered it.
    start: DateTime,
    /// The zone you read times in; the wall-clock time promised to you is kept in it.
    time_zone: TimeZone,
    /// The job the interview is for, such as `Backend engineer`.
    job_role: Option<String>,
    /// Years of experience, 0 to 80.
    experience_years: Option<i32>,
    /// Seniority aimed at.
    level: Option<String>,
    /// What to concentrate on; at most 20.
    focus_areas: Option<Vec<String>>,
    /// Anything else the interviewers should know.
    requirements: Option<String>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// What came of it: a held slot that somebody has to agree to or that is to be paid, or a confirmed interview.
#[derive(SimpleObject, Debug)]
pub struct RequestBookingPayload {
    /// The interview.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A move to another time.
#[derive(InputObject, Debug)]
pub struct RescheduleInterviewInput {
    /// Which interview.
    interview_id: ID,
    /// The new start.
    start: DateTime,
    /// The zone the new time is promised in; the former one when absent.
    time_zone: Option<TimeZone>,
    /// The revision you saw; another one means that it moved since.
    expected_revision: i32,
    /// Why.
    reason: Option<String>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The interview at its new time.
#[derive(SimpleObject, Debug)]
pub struct RescheduleInterviewPayload {
    /// The interview as it is now.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A time that is kept.
#[derive(InputObject, Debug)]
pub struct KeepDriftedTimeInput {
    /// Which interview.
    interview_id: ID,
    /// The revision you saw; another one means that its time was settled since.
    expected_revision: i32,
    /// Why.
    reason: Option<String>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The interview at its moment, by the clock of today.
#[derive(SimpleObject, Debug)]
pub struct KeepDriftedTimePayload {
    /// The interview as it is now.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

fn line(text: Option<String>, field: &'static str) -> Result<Option<String>, Refusal> {
    let line = text
        .map(|text| Line::new(&text))
        .transpose()
        .map_err(Refusal::text(field))?;
    Ok(line.map(|line| line.to_string()))
}

fn reason(text: Option<&str>) -> Result<Option<Paragraph>, Refusal> {
    text.map(Paragraph::new)
        .transpose()
        .map_err(Refusal::text("reason"))
}

/// What a candidate says about the job, as it is asked.
#[derive(Debug, Default)]
pub(super) struct BriefInput {
    pub(super) job_role: Option<String>,
    pub(super) experience_years: Option<i32>,
    pub(super) level: Option<String>,
    pub(super) focus_areas: Option<Vec<String>>,
    pub(super) requirements: Option<String>,
}

impl BriefInput {
    /// What is said, if anything is.
    pub(super) fn parse(self) -> Result<Option<Brief>, Refusal> {
        let years = self
            .experience_years
            .map(|years| count(years, "experienceYears"))
            .transpose()?;
        let years = years.map(|years| {
            let years = u8::try_from(years).ok().filter(|years| *years <= 80);
            years.ok_or(Refusal::invalid("experienceYears", "must be at most 80"))
        });
        let areas = self.focus_areas.unwrap_or_default();
        if areas.len() > MOST_AREAS {
            return Err(Refusal::invalid("focusAreas", "must be at most 20"));
        }
        let area = |area: String| {
            Line::new(&area)
                .map(|area| area.to_string())
                .map_err(Refusal::text("focusAreas"))
        };
        let requirements = self.requirements.map(|text| Paragraph::new(&text)).transpose();
        let brief = Brief {
            job_role: line(self.job_role, "jobRole")?,
            experience_years: years.transpose()?,
            level: line(self.level, "level")?,
            focus_areas: areas.into_iter().map(area).collect::<Result<_, _>>()?,
            requirements: requirements
                .map_err(Refusal::text("requirements"))?
                .map(|text| text.to_string()),
        };
        Ok(Some(brief).filter(|brief| *brief != Brief::default()))
    }
}

impl RequestBookingInput {
    fn brief(&mut self) -> Result<Option<Brief>, Refusal> {
        let brief = BriefInput {
            job_role: self.job_role.take(),
            experience_years: self.experience_years,
            level: self.level.take(),
            focus_areas: self.focus_areas.take(),
            requirements: self.requirements.take(),
        };
        brief.parse()
    }
}

/// The next starts that can be booked instead of one that was taken.
async fn alternatives(call: &Call<'_>, interview_type: InterviewTypeId, around: Instant) -> Vec<Instant> {
    let range = Span {
        start: around - Duration::hours(2),
        end: around + Duration::days(MOST_DAYS - 1),
    };
    let offers = list_slots(
        &call.services.executor,
        call.viewer.tenant,
        interview_type,
        range,
        call.now,
    )
    .await;
    let starts = offers
        .unwrap_or_default()
        .into_iter()
        .map(|offer| offer.span.start);
    starts
        .filter(|start| *start != around)
        .take(ALTERNATIVES)
        .collect()
}

#[Object]
impl BookingMutation {
    /// Asks for a slot. The slot is held at once, or `SLOT_TAKEN` names the next starts; a price is to be paid while
    /// the slot is held, and only after somebody has agreed where the product asks for that.
    async fn request_booking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] mut input: RequestBookingInput,
    ) -> Result<RequestBookingPayload> {
        let call = Call::begin(ctx, Operation::RequestBooking)?;
        let product = id::<domain::ids::kind::InterviewType>(&input.type_id, "interview type");
        let brief = input.brief();
        let use_case = product.clone().and_then(|interview_type| {
            let (start, zone) = (input.start.0, input.time_zone.0);
            Ok(RequestBooking {
                candidate: call.viewer.account,
                interview_type,
                start,
                zone,
                brief: brief?,
            })
        });
        let answer = call.run(input.idempotency_key, use_case).await?;
        let taken = matches!(&answer, Answer::Refused(UserError::SlotTaken(_)));
        let others = match product {
            Ok(product) if taken => alternatives(&call, product, input.start.0).await,
            Ok(_) | Err(_) => Vec::new(),
        };
        let (booked, outcome) = answer
            .map_refusal(|refusal| refusal.with_alternatives(others))
            .split();
        let interview = match booked {
            Some(booked) => shown(ctx, &call, Ok(booked.interview)).await?,
            None => None,
        };
        Ok(RequestBookingPayload { interview, outcome })
    }

    /// Moves an interview to another time: claims the new one and releases the old one at once. Everybody is told.
    async fn reschedule_interview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: RescheduleInterviewInput,
    ) -> Result<RescheduleInterviewPayload> {
        let call = Call::begin(ctx, Operation::RescheduleInterview)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            Ok(RescheduleInterview {
                interview,
                by: call.viewer.account,
                is_staff: call.viewer.is_staff(),
                expected_revision: count(input.expected_revision, "expectedRevision")?,
                start: input.start.0,
                zone: input.time_zone.map(|zone| zone.0),
                reason: reason(input.reason.as_deref())?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = if done.is_some() {
            shown(ctx, &call, interview).await?
        } else {
            None
        };
        Ok(RescheduleInterviewPayload { interview, outcome })
    }

    /// Keeps an interview at its moment although the time-zone rules have changed since its time was promised (`drift`):
    /// what the clock on the wall shows there is the promise from now on, and the next revision of its time. Everybody is
    /// told. `rescheduleInterview` to `drift.promisedStart` keeps the wall-clock time instead.
    async fn keep_drifted_time(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: KeepDriftedTimeInput,
    ) -> Result<KeepDriftedTimePayload> {
        let call = Call::begin(ctx, Operation::KeepDriftedTime)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            Ok(KeepDriftedTime {
                interview,
                by: call.viewer.account,
                is_staff: call.viewer.is_staff(),
                expected_revision: count(input.expected_revision, "expectedRevision")?,
                reason: reason(input.reason.as_deref())?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = if done.is_some() {
            shown(ctx, &call, interview).await?
        } else {
            None
        };
        Ok(KeepDriftedTimePayload { interview, outcome })
    }
}
