//! Setting interviews up directly, and changing what they are called or about.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::booking::{
    schedule_interview::{Candidate, Follows, ScheduleInterview},
    schedule_series::ScheduleSeries,
    update_interview::UpdateInterview,
};
use domain::{
    refusal::Refusal,
    text::{Line, Paragraph},
};

use super::{
    super::{
        entities::load_interviews,
        enums::{Difficulty, InterviewKind},
        interview::Interview,
        policy::Operation,
        scalars::{DateTime, TimeZone},
    },
    call::{Call, Field, Outcome, count, id},
    rooms::shown,
};

/// Setting interviews up directly, and changing what they are called or about.
#[derive(Default, Clone, Copy, Debug)]
pub struct SchedulingMutation;

/// What holds for an interview that is set up, and for each of a series.
#[derive(InputObject, Debug)]
pub struct AppointmentInput {
    /// What it is called, such as `Second round`; like the product when absent. Names of people belong into the
    /// description, which is sealed.
    title: Option<String>,
    /// What it is about; the candidate and the panel read it.
    description: Option<String>,
    /// The start: any whole minute within a year at which everybody named is free.
    start: DateTime,
    /// The zone the time is promised in; the candidate's own when absent.
    time_zone: Option<TimeZone>,
    /// The product it follows, with its length, buffers, criteria and room. Nothing is to be paid.
    type_id: Option<ID>,
    /// Minutes it takes when it follows no product, 5 to 480; then it needs a title.
    duration_minutes: Option<i32>,
    /// What it is about when it follows no product; `GENERAL` when absent.
    kind: Option<InterviewKind>,
    /// How hard it is when it follows no product; `MEDIUM` when absent.
    difficulty: Option<Difficulty>,
    /// Who is interviewed, if they have an account; else `candidateEmail` names them.
    candidate_id: Option<ID>,
    /// The mail address of who is interviewed. They need never have signed in: whoever signs in for the first time with
    /// this address, verified by their issuer, is the candidate. Who has signed in with it before is found by it.
    candidate_email: Option<String>,
    /// What they are called, beside `candidateEmail`, for as long as they have not said so themselves.
    candidate_name: Option<String>,
    /// Who meets the candidate, 1 to 20 interviewers; the first of them leads. All of them are booked, or nobody is.
    interviewer_ids: Vec<ID>,
}

/// An interview that is set up.
#[derive(InputObject, Debug)]
pub struct ScheduleInterviewInput {
    #[graphql(flatten)]
    appointment: AppointmentInput,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// Interviews that are set up together. `start` is that of the first.
#[derive(InputObject, Debug)]
pub struct ScheduleSeriesInput {
    #[graphql(flatten)]
    appointment: AppointmentInput,
    /// How they recur: the value of an RRULE of RFC 5545, such as `FREQ=WEEKLY;BYDAY=TU;COUNT=6`. It ends, names the first
    /// start and at most 52; it is followed by the clock on the wall of the zone, also when clocks change.
    rule: String,
    /// Starts that the rule names and that are left out.
    #[graphql(default)]
    except: Vec<DateTime>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// What is to be otherwise with one interview; what is absent stays, and something has to be there.
#[derive(InputObject, Debug)]
pub struct UpdateInterviewInput {
    /// Which interview.
    interview_id: ID,
    /// The revision you saw; another one means that it moved since.
    expected_revision: Option<i32>,
    /// What it is called from now on. Names of people belong into the description, which is sealed.
    title: Option<String>,
    /// What it is about from now on; the candidate and the panel read it.
    description: Option<String>,
    /// The kit that it follows from now on, in the version that is the newest now; of no more minutes than the
    /// interview.
    kit_id: Option<ID>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The interview that was changed.
#[derive(SimpleObject, Debug)]
pub struct UpdateInterviewPayload {
    /// The interview as it is now.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// The interview that was set up.
#[derive(SimpleObject, Debug)]
pub struct ScheduleInterviewPayload {
    /// The interview, confirmed at once.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// The interviews that were set up.
#[derive(SimpleObject, Debug)]
pub struct ScheduleSeriesPayload {
    /// The series; filter interviews by it.
    series_id: Option<ID>,
    /// Its interviews by time, each confirmed at once.
    interviews: Option<Vec<Interview>>,
    #[graphql(flatten)]
    outcome: Outcome,
}

impl AppointmentInput {
    fn parse(&self, call: &Call<'_>) -> Result<ScheduleInterview, Refusal> {
        let description = self.description.as_deref().map(Paragraph::new).transpose();
        let interviewer = |interviewer| id(interviewer, "interviewer");
        Ok(ScheduleInterview {
            by: call.viewer.account,
            is_staff: call.viewer.is_staff(),
            candidate: self.candidate(call)?,
            follows: self.follows()?,
            description: description.map_err(Refusal::text("description"))?,
            start: self.start.0,
            zone: self.time_zone.map(|zone| zone.0),
            interviewers: self
                .interviewer_ids
                .iter()
                .map(interviewer)
                .collect::<Result<_, _>>()?,
        })
    }

    fn candidate(&self, call: &Call<'_>) -> Result<Candidate, Refusal> {
        match (&self.candidate_id, self.candidate_email.as_deref()) {
            (Some(_), Some(_)) => Err(Refusal::invalid(
                "candidateEmail",
                "cannot stand beside candidateId",
            )),
            (Some(_), None) if self.candidate_name.is_some() => Err(Refusal::invalid(
                "candidateName",
                "needs candidateEmail beside it",
            )),
            (Some(account), None) => Ok(Candidate::Account(id(account, "candidate")?)),
            (None, Some(address)) => {
                let name = self.candidate_name.as_deref();
                let name = name.map(|name| Field::new("candidateName", name));
                let invitee = call.invitee(Field::new("candidateEmail", address), name)?;
                Ok(Candidate::Invitee(invitee))
            }
            (None, None) => Err(Refusal::invalid(
                "candidateId",
                "is needed where candidateEmail is absent",
            )),
        }
    }

    fn follows(&self) -> Result<Follows, Refusal> {
        let title = self.title.as_deref().map(Line::new).transpose();
        let title = title.map_err(Refusal::text("title"))?;
        match (&self.type_id, self.duration_minutes) {
            (Some(product), None) if self.kind.is_none() && self.difficulty.is_none() => {
                Ok(Follows::Product {
                    interview_type: id(product, "interview type")?,
                    title,
                })
            }
            (Some(_), _) => Err(Refusal::invalid(
                "typeId",
                "says the length, kind and difficulty already",
            )),
            (None, Some(minutes)) => Ok(Follows::Nothing {
                title: title.ok_or_else(|| Refusal::invalid("title", "is needed without a product"))?,
                minutes: count(minutes, "durationMinutes")?,
                kind: self.kind.unwrap_or(InterviewKind::General).into(),
                difficulty: self.difficulty.unwrap_or(Difficulty::Medium).into(),
            }),
            (None, None) => Err(Refusal::invalid("durationMinutes", "is needed without a product")),
        }
    }
}

impl UpdateInterviewInput {
    fn parse(&self, call: &Call<'_>) -> Result<UpdateInterview, Refusal> {
        let title = self.title.as_deref().map(Line::new).transpose();
        let description = self.description.as_deref().map(Paragraph::new).transpose();
        Ok(UpdateInterview {
            interview: id(&self.interview_id, "interview")?,
            by: call.viewer.account,
            is_staff: call.viewer.is_staff(),
            expected_revision: self
                .expected_revision
                .map(|revision| count(revision, "expectedRevision"))
                .transpose()?,
            title: title.map_err(Refusal::text("title"))?,
            description: description.map_err(Refusal::text("description"))?,
            kit: self.kit_id.as_ref().map(|kit| id(kit, "kit")).transpose()?,
        })
    }
}

#[Object]
impl SchedulingMutation {
    /// Sets an interview up for a candidate: every calendar named is taken at once, or `SLOT_TAKEN` and nothing. Notice,
    /// horizon and regular starts are for candidates; every other rule holds. For those who run interviews, and for
    /// interviewers where the organisation lets them. Everybody is told, also a candidate who has never signed in.
    async fn schedule_interview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: ScheduleInterviewInput,
    ) -> Result<ScheduleInterviewPayload> {
        let call = Call::begin(ctx, Operation::ScheduleInterview)?;
        let use_case = input.appointment.parse(&call);
        let (made, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = match made {
            Some(made) => shown(ctx, &call, Ok(made.interview)).await?,
            None => None,
        };
        Ok(ScheduleInterviewPayload { interview, outcome })
    }
    /// Sets several interviews up that recur by a rule, all of them or none; each is then a booking of its own, which
    /// moves and ends by itself. For whoever may use `scheduleInterview`, by the same rules. What cannot be booked is
    /// listed (`OccurrencesRefusedError`), so that it can be left out.
    async fn schedule_series(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: ScheduleSeriesInput,
    ) -> Result<ScheduleSeriesPayload> {
        let call = Call::begin(ctx, Operation::ScheduleSeries)?;
        let use_case = input.appointment.parse(&call).map(|first| ScheduleSeries {
            first,
            rule: input.rule,
            except: input.except.into_iter().map(|at| at.0).collect(),
        });
        let (made, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interviews = match &made {
            Some(made) => Some(load_interviews(ctx, call.viewer, &made.interviews).await?),
            None => None,
        };
        Ok(ScheduleSeriesPayload {
            series_id: made.map(|made| made.series.to_string().into()),
            interviews,
            outcome,
        })
    }

    /// Changes what one interview is called or about, or attaches a kit, until it is over; its product and the others
    /// of its series or group stay as they are. For those who run interviews, and for its interviewers where the
    /// organisation lets them schedule. Nobody is told by a mail of its own; later mails and calendar files say what
    /// is so then.
    async fn update_interview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: UpdateInterviewInput,
    ) -> Result<UpdateInterviewPayload> {
        let call = Call::begin(ctx, Operation::UpdateInterview)?;
        let use_case = input.parse(&call);
        let interview = id(&input.interview_id, "interview");
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = match done {
            Some(()) => shown(ctx, &call, interview).await?,
            None => None,
        };
        Ok(UpdateInterviewPayload { interview, outcome })
    }
}
