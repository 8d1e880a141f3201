//! Calling off, and what comes back then.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::{
    booking::cancel_interview::CancelInterview,
    catalogue::publish_cancellation_policy::PublishCancellationPolicy,
};
use domain::{interview::events::RefundTier, refusal::Refusal, text::Paragraph};

use super::{
    super::{enums::Party, interview::Interview, organisation::Organisation, policy::Operation},
    call::{Call, Outcome, count, id},
    rooms::shown,
};

/// Calling off, and what comes back then.
#[derive(Default, Clone, Copy, Debug)]
pub struct CancellationMutation;

/// A cancellation.
#[derive(InputObject, Debug)]
pub struct CancelInterviewInput {
    /// Which interview.
    interview_id: ID,
    /// Why. The candidate, the panel and those who run interviews can read it.
    reason: Option<String>,
    /// Whose wish it is; decides what comes back. Your own part in the interview when absent. Only those who run
    /// interviews may name another: `CANDIDATE` when the candidate asked them to.
    party: Option<Party>,
    /// The revision you saw; another one means that it moved since.
    expected_revision: Option<i32>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The interview that was called off.
#[derive(SimpleObject, Debug)]
pub struct CancelInterviewPayload {
    /// The interview as it is now; `cancellation` says what comes back.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A share of the price that comes back when the candidate calls off early enough.
#[derive(InputObject, Debug)]
pub struct RefundTierInput {
    /// At least this long before the start, in minutes; at most 60 days.
    notice_minutes: i32,
    /// This share of the price, 0 to 100 percent; more notice never gives less.
    percent: i32,
}

/// What comes back from now on.
#[derive(InputObject, Debug)]
pub struct PublishCancellationPolicyInput {
    /// At most ten tiers; less notice than any of them asks for gives nothing.
    tiers: Vec<RefundTierInput>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The organisation with its policy.
#[derive(SimpleObject, Debug)]
pub struct PublishCancellationPolicyPayload {
    /// The organisation as it is now.
    organisation: Option<Organisation>,
    #[graphql(flatten)]
    outcome: Outcome,
}

impl RefundTierInput {
    pub(super) fn parse(&self, field: &'static str) -> Result<RefundTier, Refusal> {
        let percent = count(self.percent, field)?;
        Ok(RefundTier {
            notice_minutes: count(self.notice_minutes, field)?,
            percent: u8::try_from(percent)
                .map_err(|_| Refusal::invalid(field, "must not give more than 100 percent"))?,
        })
    }
}

#[Object]
impl CancellationMutation {
    /// Calls an interview off that has not begun. Its time is free again at once, its room is closed, and money goes back:
    /// all of it, or by notice where it is the candidate's wish. Everybody who knew of it is told.
    async fn cancel_interview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: CancelInterviewInput,
    ) -> Result<CancelInterviewPayload> {
        let call = Call::begin(ctx, Operation::CancelInterview)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            let reason = input.reason.as_deref().map(Paragraph::new).transpose();
            let revision = input.expected_revision;
            Ok(CancelInterview {
                interview,
                by: call.viewer.account,
                is_staff: call.viewer.is_staff(),
                party: input.party.map(Into::into),
                expected_revision: revision
                    .map(|revision| count(revision, "expectedRevision"))
                    .transpose()?,
                reason: reason.map_err(Refusal::text("reason"))?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = match done {
            Some(()) => shown(ctx, &call, interview).await?,
            None => None,
        };
        Ok(CancelInterviewPayload { interview, outcome })
    }

    /// Says what comes back when a candidate calls off an interview that is booked from now on. What was booked before
    /// keeps its own conditions.
    async fn publish_cancellation_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: PublishCancellationPolicyInput,
    ) -> Result<PublishCancellationPolicyPayload> {
        let call = Call::begin(ctx, Operation::PublishCancellationPolicy)?;
        let tiers = input.tiers.iter().map(|tier| tier.parse("tiers")).collect();
        let use_case = Result::<Vec<_>, Refusal>::map(tiers, |tiers| PublishCancellationPolicy {
            tiers,
            by: call.viewer.account,
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let organisation = match done {
            Some(()) => Organisation::load(ctx, call.viewer.tenant, None).await?,
            None => None,
        };
        Ok(PublishCancellationPolicyPayload {
            organisation,
            outcome,
        })
    }
}
