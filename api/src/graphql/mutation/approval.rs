//! Agreeing to bookings, or not.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::booking::{confirm_booking::ConfirmBooking, decline_booking::DeclineBooking};
use domain::{refusal::Refusal, text::Paragraph};

use super::{
    super::{interview::Interview, policy::Operation},
    call::{Call, Outcome, id},
    rooms::shown,
};

/// Agreeing to bookings, or not.
#[derive(Default, Clone, Copy, Debug)]
pub struct ApprovalMutation;

/// A booking that is agreed to.
#[derive(InputObject, Debug)]
pub struct ConfirmBookingInput {
    /// Which interview.
    interview_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The interview, confirmed or to be paid.
#[derive(SimpleObject, Debug)]
pub struct ConfirmBookingPayload {
    /// The interview as it is now.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A booking that is not agreed to.
#[derive(InputObject, Debug)]
pub struct DeclineBookingInput {
    /// Which interview.
    interview_id: ID,
    /// Why. The candidate reads it.
    reason: Option<String>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The interview that came to nothing.
#[derive(SimpleObject, Debug)]
pub struct DeclineBookingPayload {
    /// The interview as it is now.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

#[Object]
impl ApprovalMutation {
    /// Agrees to a booking that awaits approval: as somebody of its panel, or as somebody who runs interviews. What costs
    /// nothing is confirmed at once; what has a price is now to be paid. `WRONG_STATE` when somebody else answered before,
    /// or the hold on the slot is over.
    async fn confirm_booking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: ConfirmBookingInput,
    ) -> Result<ConfirmBookingPayload> {
        let call = Call::begin(ctx, Operation::ConfirmBooking)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().map(|interview| ConfirmBooking {
            interview,
            by: call.viewer.account,
            is_staff: call.viewer.is_staff(),
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = match done {
            Some(()) => shown(ctx, &call, interview).await?,
            None => None,
        };
        Ok(ConfirmBookingPayload { interview, outcome })
    }

    /// Does not agree to a booking that awaits approval. Its time is free again at once, and the candidate is told.
    async fn decline_booking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: DeclineBookingInput,
    ) -> Result<DeclineBookingPayload> {
        let call = Call::begin(ctx, Operation::DeclineBooking)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            let reason = input.reason.as_deref().map(Paragraph::new).transpose();
            Ok(DeclineBooking {
                interview,
                by: call.viewer.account,
                is_staff: call.viewer.is_staff(),
                reason: reason.map_err(Refusal::text("reason"))?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = match done {
            Some(()) => shown(ctx, &call, interview).await?,
            None => None,
        };
        Ok(DeclineBookingPayload { interview, outcome })
    }
}
