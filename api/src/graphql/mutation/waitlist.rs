//! Waiting for a time of a product.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::waitlist::{
    accept_offer::AcceptWaitlistOffer, decline_offer::DeclineWaitlistOffer, join::JoinWaitlist,
    leave::LeaveWaitlist,
};
use domain::{ids::EntryId, refusal::Refusal, time::Span};

use super::{
    super::{
        interview::Interview,
        policy::Operation,
        scalars::{DateTime, TimeZone},
        waitlist::WaitlistEntry,
    },
    booking::BriefInput,
    call::{Call, Outcome, id},
    rooms::shown,
};

/// Waiting for a time of a product.
#[derive(Default, Clone, Copy, Debug)]
pub struct WaitlistMutation;

/// A wait that begins.
#[derive(InputObject, Debug)]
pub struct JoinWaitlistInput {
    /// For which product.
    type_id: ID,
    /// The first moment at which an interview may start.
    from: DateTime,
    /// The first moment after; at most 62 days later.
    to: DateTime,
    /// The zone you read times in; what is offered is promised in it.
    time_zone: TimeZone,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// A wait that ends.
#[derive(InputObject, Debug)]
pub struct LeaveWaitlistInput {
    /// For which product.
    type_id: ID,
    /// Which place on its list.
    entry_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// An offer that is taken.
#[derive(InputObject, Debug)]
pub struct AcceptWaitlistOfferInput {
    /// For which product.
    type_id: ID,
    /// Which place on its list.
    entry_id: ID,
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

/// An offer that is not taken.
#[derive(InputObject, Debug)]
pub struct DeclineWaitlistOfferInput {
    /// For which product.
    type_id: ID,
    /// Which place on its list.
    entry_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(SimpleObject, Debug)]
            pub struct $name {
                /// The place as it is now.
                entry: Option<WaitlistEntry>,
                #[graphql(flatten)]
                outcome: Outcome,
            }
        )*
    };
}

payloads! {
    /// The place on the list.
    JoinWaitlistPayload,
    /// The place that was given up.
    LeaveWaitlistPayload,
    /// The place, which is kept.
    DeclineWaitlistOfferPayload,
}

/// What the offer became: an interview that is confirmed, to be agreed to, or to be paid.
#[derive(SimpleObject, Debug)]
pub struct AcceptWaitlistOfferPayload {
    /// The interview.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

async fn place(ctx: &Context<'_>, call: &Call<'_>, entry: Option<EntryId>) -> Result<Option<WaitlistEntry>> {
    match entry {
        Some(entry) => WaitlistEntry::load(ctx, call.viewer, entry).await,
        None => Ok(None),
    }
}

const TYPE: &str = "interview type";
const ENTRY: &str = "waitlist entry";

#[Object]
impl WaitlistMutation {
    /// Waits for a time of a product. Whoever came first is offered first what becomes free, or is free already, within the
    /// time that is wanted: it is held for them and nobody else can book it until they answer or the offer is over.
    async fn join_waitlist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: JoinWaitlistInput,
    ) -> Result<JoinWaitlistPayload> {
        let call = Call::begin(ctx, Operation::JoinWaitlist)?;
        let use_case = id(&input.type_id, TYPE).map(|interview_type| JoinWaitlist {
            interview_type,
            candidate: call.viewer.account,
            wanted: Span {
                start: input.from.0,
                end: input.to.0,
            },
            zone: input.time_zone.0,
        });
        let (joined, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let entry = place(ctx, &call, joined.map(|joined| joined.entry)).await?;
        Ok(JoinWaitlistPayload { entry, outcome })
    }

    /// Does not wait any more. What was offered goes to the next in line. Those who run interviews take anybody off a list.
    async fn leave_waitlist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: LeaveWaitlistInput,
    ) -> Result<LeaveWaitlistPayload> {
        let call = Call::begin(ctx, Operation::LeaveWaitlist)?;
        let entry: Result<EntryId, Refusal> = id(&input.entry_id, ENTRY);
        let use_case = entry.clone().and_then(|entry| {
            Ok(LeaveWaitlist {
                interview_type: id(&input.type_id, TYPE)?,
                entry,
                by: call.viewer.account,
                is_staff: call.viewer.is_staff(),
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let entry = place(ctx, &call, done.and(entry.ok())).await?;
        Ok(LeaveWaitlistPayload { entry, outcome })
    }

    /// Takes the time that is offered: it is booked as by `requestBooking`, with the time that is held already. `WRONG_STATE`
    /// when nothing is offered any more.
    async fn accept_waitlist_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: AcceptWaitlistOfferInput,
    ) -> Result<AcceptWaitlistOfferPayload> {
        let call = Call::begin(ctx, Operation::AcceptWaitlistOffer)?;
        let brief = BriefInput {
            job_role: input.job_role,
            experience_years: input.experience_years,
            level: input.level,
            focus_areas: input.focus_areas,
            requirements: input.requirements,
        };
        let use_case = brief.parse().and_then(|brief| {
            Ok(AcceptWaitlistOffer {
                interview_type: id(&input.type_id, TYPE)?,
                entry: id(&input.entry_id, ENTRY)?,
                by: call.viewer.account,
                brief,
            })
        });
        let (booked, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = match booked {
            Some(booked) => shown(ctx, &call, Ok(booked.interview)).await?,
            None => None,
        };
        Ok(AcceptWaitlistOfferPayload { interview, outcome })
    }

    /// Does not take the time that is offered. It goes to the next in line, and the place on the list is kept; this start is not
    /// offered again.
    async fn decline_waitlist_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: DeclineWaitlistOfferInput,
    ) -> Result<DeclineWaitlistOfferPayload> {
        let call = Call::begin(ctx, Operation::DeclineWaitlistOffer)?;
        let entry: Result<EntryId, Refusal> = id(&input.entry_id, ENTRY);
        let use_case = entry.clone().and_then(|entry| {
            Ok(DeclineWaitlistOffer {
                interview_type: id(&input.type_id, TYPE)?,
                entry,
                by: call.viewer.account,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let entry = place(ctx, &call, done.and(entry.ok())).await?;
        Ok(DeclineWaitlistOfferPayload { entry, outcome })
    }
}
