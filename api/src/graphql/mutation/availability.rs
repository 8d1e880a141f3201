//! What interviewers state about when they can be met, beside their hours.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::catalogue::{
    cancel_travel::CancelTravel,
    declare_out_of_office::{DeclareOutOfOffice, Seats},
    link_calendar::{Given, LinkCalendar},
    plan_travel::PlanTravel,
    set_booking_limits::SetBookingLimits,
    unlink_calendar::UnlinkCalendar,
    withdraw_out_of_office::WithdrawOutOfOffice,
};
use domain::{
    availability::events::{BookingLimits, Caps},
    external_calendar::FeedAddress,
    ids::AccountId,
    refusal::Refusal,
    time::Span,
};

use super::{
    super::{
        availability::Availability,
        entities::load_interviews,
        interview::Interview,
        policy::Operation,
        scalars::{Date, DateTime, TimeZone},
        viewer::Viewer,
    },
    call::{Call, Outcome, count, id},
};

/// What interviewers state about when they can be met, beside their hours.
#[derive(Default, Clone, Copy, Debug)]
pub struct AvailabilityMutation;

/// An absence.
#[derive(InputObject, Debug)]
pub struct DeclareOutOfOfficeInput {
    /// Who is away; oneself when absent, somebody else for those who run interviews.
    account_id: Option<ID>,
    /// First moment away; may have passed.
    from: DateTime,
    /// First moment back: after `from`, by at most 366 days, and in the future.
    to: DateTime,
    /// Whom to turn to meanwhile: somebody else who meets candidates or runs interviews. Told to those who read the
    /// availability, and the first to be asked for seats that are given up, if the product may be met by them.
    delegate_id: Option<ID>,
    /// Whether the seats in confirmed interviews that lie in it are given up, as if each invitation were declined; at most
    /// 100. Others of the pool take them, or they are shown as vacant.
    #[graphql(default)]
    give_up_seats: bool,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The absence that was declared.
#[derive(SimpleObject, Debug)]
pub struct DeclareOutOfOfficePayload {
    /// The absence's id, by which it can be taken back.
    absence_id: Option<ID>,
    /// The availability as it is now.
    availability: Option<Availability>,
    /// The first 100 interviews that lie in it and stay, in order of time: they can be moved, or given to others.
    interviews: Vec<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// Most interviews that are told of an absence.
const MOST_TOLD: usize = 100;

/// An absence to be taken back.
#[derive(InputObject, Debug)]
pub struct WithdrawOutOfOfficeInput {
    /// Whose; one's own when absent, somebody else's for those who run interviews.
    account_id: Option<ID>,
    /// Which; it may not be over.
    absence_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The absence that was taken back.
#[derive(SimpleObject, Debug)]
pub struct WithdrawOutOfOfficePayload {
    /// The availability as it is now.
    availability: Option<Availability>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A stretch of days in another zone.
#[derive(InputObject, Debug)]
pub struct PlanTravelInput {
    /// Who travels; oneself when absent, somebody else for those who run interviews.
    account_id: Option<ID>,
    /// The zone in which the windows are meant meanwhile.
    time_zone: TimeZone,
    /// First date in that zone; it begins at its own midnight there, and may have passed.
    from: Date,
    /// First date back home, or on the next journey: after `from` and in the future; for good when absent.
    until: Option<Date>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The journey that was planned.
#[derive(SimpleObject, Debug)]
pub struct PlanTravelPayload {
    /// The journey's id, by which it can be taken back.
    journey_id: Option<ID>,
    /// The availability as it is now.
    availability: Option<Availability>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A calendar that is kept elsewhere.
#[derive(InputObject)]
pub struct LinkCalendarInput {
    /// Whose; one's own when absent, somebody else's for those who run interviews.
    account_id: Option<ID>,
    /// The address of a calendar (`https://`, `http://` or `webcal://`), which is fetched again and again. It is as secret as the
    /// calendar, and shown to nobody. Either this or `file`.
    url: Option<String>,
    /// The text of a calendar file (iCalendar, RFC 5545). A request has at most 1 MiB; a longer file, up to 5 MiB, is fetched
    /// from its address. Nothing of it is kept but times. Either this or `url`.
    file: Option<String>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The calendar that was linked.
#[derive(SimpleObject, Debug)]
pub struct LinkCalendarPayload {
    /// The calendar's id, by which it can be unlinked.
    calendar_id: Option<ID>,
    /// The availability as it is now.
    availability: Option<Availability>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A calendar to be unlinked.
#[derive(InputObject, Debug)]
pub struct UnlinkCalendarInput {
    /// Whose; one's own when absent, somebody else's for those who run interviews.
    account_id: Option<ID>,
    /// Which.
    calendar_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The calendar that was unlinked.
#[derive(SimpleObject, Debug)]
pub struct UnlinkCalendarPayload {
    /// The availability as it is now.
    availability: Option<Availability>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A journey to be taken back.
#[derive(InputObject, Debug)]
pub struct CancelTravelInput {
    /// Whose; one's own when absent, somebody else's for those who run interviews.
    account_id: Option<ID>,
    /// Which; it may not be over.
    journey_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The journey that was taken back.
#[derive(SimpleObject, Debug)]
pub struct CancelTravelPayload {
    /// The availability as it is now.
    availability: Option<Availability>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// How much an interviewer takes on, in place of what was set before. A limit of a longer period is not below one of a
/// shorter period.
#[derive(InputObject, Debug)]
pub struct SetBookingLimitsInput {
    /// Whose; one's own when absent, somebody else's for those who run interviews.
    account_id: Option<ID>,
    /// Most interviews within a civil day; no limit when absent.
    per_day: Option<i32>,
    /// Most interviews within an ISO week; no limit when absent.
    per_week: Option<i32>,
    /// Most interviews within a month of the calendar; no limit when absent.
    per_month: Option<i32>,
    /// Most minutes of interviews within a civil day; no limit when absent.
    minutes_per_day: Option<i32>,
    /// Most minutes of interviews within an ISO week; no limit when absent.
    minutes_per_week: Option<i32>,
    /// Most minutes of interviews within a month of the calendar; no limit when absent.
    minutes_per_month: Option<i32>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

impl SetBookingLimitsInput {
    fn parse(&self) -> Result<BookingLimits, Refusal> {
        let interviews = [self.per_day, self.per_week, self.per_month];
        let minutes = [
            self.minutes_per_day,
            self.minutes_per_week,
            self.minutes_per_month,
        ];
        Ok(BookingLimits {
            interviews: caps(interviews, ["perDay", "perWeek", "perMonth"])?,
            minutes: caps(minutes, ["minutesPerDay", "minutesPerWeek", "minutesPerMonth"])?,
        })
    }
}

/// How much is taken on, in place of what was set before. A limit of a longer period is not below one of a shorter period.
#[derive(InputObject, Debug)]
pub struct BookingLimitsInput {
    /// Most interviews within a civil day; no limit when absent.
    per_day: Option<i32>,
    /// Most interviews within an ISO week; no limit when absent.
    per_week: Option<i32>,
    /// Most interviews within a month of the calendar; no limit when absent.
    per_month: Option<i32>,
    /// Most minutes of interviews within a civil day; no limit when absent.
    minutes_per_day: Option<i32>,
    /// Most minutes of interviews within an ISO week; no limit when absent.
    minutes_per_week: Option<i32>,
    /// Most minutes of interviews within a month of the calendar; no limit when absent.
    minutes_per_month: Option<i32>,
}

impl BookingLimitsInput {
    /// # Errors
    /// `Invalid` when a limit is negative.
    pub fn parse(&self) -> Result<BookingLimits, Refusal> {
        let interviews = [self.per_day, self.per_week, self.per_month];
        let minutes = [
            self.minutes_per_day,
            self.minutes_per_week,
            self.minutes_per_month,
        ];
        Ok(BookingLimits {
            interviews: caps(interviews, ["limits.perDay", "limits.perWeek", "limits.perMonth"])?,
            minutes: caps(
                minutes,
                [
                    "limits.minutesPerDay",
                    "limits.minutesPerWeek",
                    "limits.minutesPerMonth",
                ],
            )?,
        })
    }
}

/// Limits of a day, a week and a month, with what they are called in the input.
fn caps(most: [Option<i32>; 3], fields: [&'static str; 3]) -> Result<Caps, Refusal> {
    let [day, week, month] = most;
    let cap = |most: Option<i32>, field| most.map(|most| count(most, field)).transpose();
    Ok(Caps {
        day: cap(day, fields[0])?,
        week: cap(week, fields[1])?,
        month: cap(month, fields[2])?,
    })
}

/// The limits that were set.
#[derive(SimpleObject, Debug)]
pub struct SetBookingLimitsPayload {
    /// The availability as it is now.
    availability: Option<Availability>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// Whose availability a mutation is about: one's own, or anybody's for those who run interviews.
///
/// # Errors
/// `NotFound`, for somebody else's as for nobody's.
pub fn whose(viewer: &Viewer, account: Option<&ID>) -> Result<AccountId, Refusal> {
    let account = account.map_or(Ok(viewer.account), |account| id(account, "interviewer"))?;
    if account != viewer.account && !viewer.is_staff() {
        return Err(Refusal::NotFound { what: "interviewer" });
    }
    Ok(account)
}

/// The availability after a mutation; none when it was refused.
async fn after(
    ctx: &Context<'_>,
    viewer: &Viewer,
    account: Option<AccountId>,
) -> Result<Option<Availability>> {
    match account {
        Some(account) => Availability::load(ctx, viewer, account, None).await,
        None => Ok(None),
    }
}

/// What is linked: an address that may be asked, or a file.
///
/// # Errors
/// `Invalid`, when it is both or neither; `UnusableCalendar` for an address that leads inward.
async fn given(call: &Call<'_>, url: Option<String>, file: Option<String>) -> Result<Given, Refusal> {
    match (url, file) {
        (Some(url), None) => {
            let address = FeedAddress::parse(&url).map_err(Refusal::UnusableCalendar)?;
            let checked = call.services.feeds.check(&address).await;
            checked.map_err(Refusal::UnusableCalendar)?;
            Ok(Given::Address(url))
        }
        (None, Some(file)) => Ok(Given::File(file)),
        (Some(_), Some(_)) | (None, None) => Err(Refusal::invalid("url", "give either an address or a file")),
    }
}

#[Object]
impl AvailabilityMutation {
    /// States that an interviewer is away: nothing of theirs can be booked meanwhile. What is booked stays booked.
    async fn declare_out_of_office(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: DeclareOutOfOfficeInput,
    ) -> Result<DeclareOutOfOfficePayload> {
        let call = Call::begin(ctx, Operation::DeclareOutOfOffice)?;
        let account = whose(call.viewer, input.account_id.as_ref());
        let delegate = input.delegate_id.as_ref();
        let use_case = account.clone().and_then(|account| {
            Ok(DeclareOutOfOffice {
                account,
                span: Span {
                    start: input.from.0,
                    end: input.to.0,
                },
                delegate: delegate.map(|delegate| id(delegate, "delegate")).transpose()?,
                seats: if input.give_up_seats {
                    Seats::GivenUp
                } else {
                    Seats::Kept
                },
            })
        });
        let (declared, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let (absence, stay) = declared.map_or((None, Vec::new()), |declared| {
            (Some(declared.absence), declared.stay)
        });
        let account = absence.and(account.ok());
        Ok(DeclareOutOfOfficePayload {
            absence_id: absence.map(Into::into),
            availability: after(ctx, call.viewer, account).await?,
            interviews: load_interviews(ctx, call.viewer, &stay[..stay.len().min(MOST_TOLD)]).await?,
            outcome,
        })
    }

    /// Takes an absence back, as if it had not been declared.
    async fn withdraw_out_of_office(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: WithdrawOutOfOfficeInput,
    ) -> Result<WithdrawOutOfOfficePayload> {
        let call = Call::begin(ctx, Operation::WithdrawOutOfOffice)?;
        let account = whose(call.viewer, input.account_id.as_ref());
        let use_case = account.clone().and_then(|account| {
            Ok(WithdrawOutOfOffice {
                account,
                absence: id(&input.absence_id, "absence")?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(WithdrawOutOfOfficePayload {
            availability: after(ctx, call.viewer, done.and(account.ok())).await?,
            outcome,
        })
    }

    /// States that an interviewer is in another zone for a while: from the beginning of a date their weekly windows and
    /// overrides are meant in that zone. What is booked stays where it is.
    async fn plan_travel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: PlanTravelInput,
    ) -> Result<PlanTravelPayload> {
        let call = Call::begin(ctx, Operation::PlanTravel)?;
        let account = whose(call.viewer, input.account_id.as_ref());
        let use_case = account.clone().map(|account| PlanTravel {
            account,
            zone: input.time_zone.0,
            from: input.from.0,
            until: input.until.map(|until| until.0),
        });
        let (planned, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(PlanTravelPayload {
            journey_id: planned.map(|planned| planned.journey.into()),
            availability: after(ctx, call.viewer, planned.and(account.ok())).await?,
            outcome,
        })
    }

    /// Links a calendar that an interviewer keeps elsewhere: when they are busy there, nothing of theirs can be booked here.
    /// What is booked stays booked, and `attention` tells of what clashes. Entries that are cancelled or marked as free do not
    /// count; nothing is kept but times, for about a year ahead.
    async fn link_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: LinkCalendarInput,
    ) -> Result<LinkCalendarPayload> {
        let call = Call::begin(ctx, Operation::LinkCalendar)?;
        let account = whose(call.viewer, input.account_id.as_ref());
        let given = given(&call, input.url, input.file).await;
        let use_case = account.clone().and_then(|account| {
            Ok(LinkCalendar {
                account,
                given: given?,
            })
        });
        let (linked, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(LinkCalendarPayload {
            calendar_id: linked.map(|linked| linked.calendar.into()),
            availability: after(ctx, call.viewer, linked.and(account.ok())).await?,
            outcome,
        })
    }

    /// Unlinks a calendar that is kept elsewhere: its times block nothing any more.
    async fn unlink_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: UnlinkCalendarInput,
    ) -> Result<UnlinkCalendarPayload> {
        let call = Call::begin(ctx, Operation::UnlinkCalendar)?;
        let account = whose(call.viewer, input.account_id.as_ref());
        let use_case = account.clone().and_then(|account| {
            Ok(UnlinkCalendar {
                account,
                calendar: id(&input.calendar_id, "calendar")?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(UnlinkCalendarPayload {
            availability: after(ctx, call.viewer, done.and(account.ok())).await?,
            outcome,
        })
    }

    /// Takes a journey back, as if it had not been planned.
    async fn cancel_travel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: CancelTravelInput,
    ) -> Result<CancelTravelPayload> {
        let call = Call::begin(ctx, Operation::CancelTravel)?;
        let account = whose(call.viewer, input.account_id.as_ref());
        let use_case = account.clone().and_then(|account| {
            Ok(CancelTravel {
                account,
                journey: id(&input.journey_id, "journey")?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(CancelTravelPayload {
            availability: after(ctx, call.viewer, done.and(account.ok())).await?,
            outcome,
        })
    }

    /// Sets how much an interviewer takes on within a day, a week and a month. What is booked stays booked.
    async fn set_booking_limits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: SetBookingLimitsInput,
    ) -> Result<SetBookingLimitsPayload> {
        let call = Call::begin(ctx, Operation::SetBookingLimits)?;
        let account = whose(call.viewer, input.account_id.as_ref());
        let use_case = account.clone().and_then(|account| {
            Ok(SetBookingLimits {
                account,
                limits: input.parse()?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(SetBookingLimitsPayload {
            availability: after(ctx, call.viewer, done.and(account.ok())).await?,
            outcome,
        })
    }
}
