//! Invitations to a panel, and seats that change hands.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::booking::{
    assign_interviewer::AssignInterviewer, replace_interviewer::ReplaceInterviewer,
    respond_to_invite::RespondToInvite,
};
use domain::{ids::InterviewId, refusal::Refusal};

use super::{
    super::{enums::InviteAnswer, interview::Interview, policy::Operation},
    call::{Call, Outcome, count, id},
    rooms::shown,
};

/// Invitations to a panel, and seats that change hands.
#[derive(Default, Clone, Copy, Debug)]
pub struct PanelMutation;

/// An answer to an invitation.
#[derive(InputObject, Debug)]
pub struct RespondToInviteInput {
    /// To which interview you are invited.
    interview_id: ID,
    /// Whether you come. Who declines gives the seat up, and the time is free at once.
    answer: InviteAnswer,
    /// The revision you saw; another one means that it moved since.
    expected_revision: Option<i32>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The answer was taken.
#[derive(SimpleObject, Debug)]
pub struct RespondToInvitePayload {
    /// The interview as it is now; null for whoever has declined and does not take part any more.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// Somebody for a vacant seat.
#[derive(InputObject, Debug)]
pub struct AssignInterviewerInput {
    /// Of which interview.
    interview_id: ID,
    /// Who takes the seat; must be free at that time.
    interviewer_id: ID,
    /// Who sat there before; the seat that has been vacant longest when absent.
    former_id: Option<ID>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The interview with its panel.
#[derive(SimpleObject, Debug)]
pub struct AssignInterviewerPayload {
    /// The interview as it is now.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A seat that goes from one interviewer to another.
#[derive(InputObject, Debug)]
pub struct ReplaceInterviewerInput {
    /// Of which interview.
    interview_id: ID,
    /// Who sits there now.
    former_id: ID,
    /// Who takes the seat; must be free at that time.
    interviewer_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The interview with its panel.
#[derive(SimpleObject, Debug)]
pub struct ReplaceInterviewerPayload {
    /// The interview as it is now.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

async fn after(
    ctx: &Context<'_>,
    call: &Call<'_>,
    done: Option<()>,
    interview: Result<InterviewId, Refusal>,
) -> Result<Option<Interview>> {
    match done {
        Some(()) => shown(ctx, call, interview).await,
        None => Ok(None),
    }
}

#[Object]
impl PanelMutation {
    /// Answers an invitation to a panel, as often as you like until the start. A seat that is given up goes to whoever of the
    /// product's pool is free, or those who run interviews see that it is vacant.
    async fn respond_to_invite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: RespondToInviteInput,
    ) -> Result<RespondToInvitePayload> {
        let call = Call::begin(ctx, Operation::RespondToInvite)?;
        let interview = id(&input.interview_id, "interview");
        let revision = input.expected_revision;
        let use_case = interview.clone().and_then(|interview| {
            Ok(RespondToInvite {
                interview,
                account: call.viewer.account,
                answer: input.answer.into(),
                expected_revision: revision
                    .map(|revision| count(revision, "expectedRevision"))
                    .transpose()?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = after(ctx, &call, done, interview).await?;
        Ok(RespondToInvitePayload { interview, outcome })
    }

    /// Names an interviewer for a vacant seat. The time is taken in their calendar at once, and they are invited.
    async fn assign_interviewer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: AssignInterviewerInput,
    ) -> Result<AssignInterviewerPayload> {
        let call = Call::begin(ctx, Operation::AssignInterviewer)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            let former = input.former_id.as_ref();
            Ok(AssignInterviewer {
                interview,
                former: former.map(|former| id(former, "interviewer")).transpose()?,
                interviewer: id(&input.interviewer_id, "interviewer")?,
                by: call.viewer.account,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = after(ctx, &call, done, interview).await?;
        Ok(AssignInterviewerPayload { interview, outcome })
    }

    /// Gives the seat of one interviewer to another, all at once or not at all. Both are told.
    async fn replace_interviewer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: ReplaceInterviewerInput,
    ) -> Result<ReplaceInterviewerPayload> {
        let call = Call::begin(ctx, Operation::ReplaceInterviewer)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            Ok(ReplaceInterviewer {
                interview,
                former: id(&input.former_id, "interviewer")?,
                interviewer: id(&input.interviewer_id, "interviewer")?,
                by: call.viewer.account,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = after(ctx, &call, done, interview).await?;
        Ok(ReplaceInterviewerPayload { interview, outcome })
    }
}
