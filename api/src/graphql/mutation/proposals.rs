//! Other times for an interview: proposed by one side, taken or not by the other.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::booking::{
    accept_proposal::AcceptProposal, decline_proposal::DeclineProposal, propose_times::ProposeTimes,
};
use domain::{ids::InterviewId, refusal::Refusal, text::Paragraph};

use super::{
    super::{
        interview::Interview,
        policy::Operation,
        scalars::{DateTime, TimeZone},
    },
    call::{Call, Outcome, count, id},
    rooms::shown,
};

/// Other times for an interview.
#[derive(Default, Clone, Copy, Debug)]
pub struct ProposalMutation;

/// Other times.
#[derive(InputObject, Debug)]
pub struct ProposeTimesInput {
    /// For which interview.
    interview_id: ID,
    /// The revision you saw; another one means that it moved since.
    expected_revision: i32,
    /// One to five starts that can be booked at present, as `slots` offers them.
    starts: Vec<DateTime>,
    /// The zone the times are promised in; that of the present time when absent.
    time_zone: Option<TimeZone>,
    /// What you say to it. The candidate, the panel and those who run interviews can read it.
    message: Option<String>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// A time that is taken.
#[derive(InputObject, Debug)]
pub struct AcceptProposalInput {
    /// For which interview.
    interview_id: ID,
    /// Which proposal.
    proposal_id: ID,
    /// Which of its starts.
    start: DateTime,
    /// The revision you saw; another one means that it moved since.
    expected_revision: i32,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// A proposal of which no time is taken.
#[derive(InputObject, Debug)]
pub struct DeclineProposalInput {
    /// For which interview.
    interview_id: ID,
    /// Which proposal.
    proposal_id: ID,
    /// The revision you saw; another one means that it moved since.
    expected_revision: i32,
    /// Why. The candidate, the panel and those who run interviews can read it.
    reason: Option<String>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(SimpleObject, Debug)]
            pub struct $name {
                /// The interview as it is now.
                interview: Option<Interview>,
                #[graphql(flatten)]
                outcome: Outcome,
            }
        )*
    };
}

payloads! {
    /// The interview, where it was, with the proposal.
    ProposeTimesPayload,
    /// The interview at its new time.
    AcceptProposalPayload,
    /// The interview, where it was.
    DeclineProposalPayload,
}

async fn after<T>(
    ctx: &Context<'_>,
    call: &Call<'_>,
    done: Option<T>,
    interview: Result<InterviewId, Refusal>,
) -> Result<Option<Interview>> {
    match done {
        Some(_) => shown(ctx, call, interview).await,
        None => Ok(None),
    }
}

fn words(text: Option<&str>, field: &'static str) -> Result<Option<Paragraph>, Refusal> {
    text.map(Paragraph::new).transpose().map_err(Refusal::text(field))
}

#[Object]
impl ProposalMutation {
    /// Proposes other times for a confirmed interview, to the candidate or by the candidate to the hosts. Nothing is held;
    /// what was proposed before and not answered counts no more. The other side is told.
    async fn propose_times(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: ProposeTimesInput,
    ) -> Result<ProposeTimesPayload> {
        let call = Call::begin(ctx, Operation::ProposeTimes)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            Ok(ProposeTimes {
                interview,
                by: call.viewer.account,
                is_staff: call.viewer.is_staff(),
                expected_revision: count(input.expected_revision, "expectedRevision")?,
                starts: input.starts.iter().map(|start| start.0).collect(),
                zone: input.time_zone.map(|zone| zone.0),
                message: words(input.message.as_deref(), "message")?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = after(ctx, &call, done, interview).await?;
        Ok(ProposeTimesPayload { interview, outcome })
    }

    /// Takes one of the times that the other side proposed: the interview moves there, or `SLOT_TAKEN` when somebody else
    /// has that time by now. Where Greenroom proposed it for a vacant seat, somebody takes the seat too. Everybody is told.
    async fn accept_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: AcceptProposalInput,
    ) -> Result<AcceptProposalPayload> {
        let call = Call::begin(ctx, Operation::AcceptProposal)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            Ok(AcceptProposal {
                interview,
                proposal: id(&input.proposal_id, "proposal")?,
                start: input.start.0,
                by: call.viewer.account,
                is_staff: call.viewer.is_staff(),
                expected_revision: count(input.expected_revision, "expectedRevision")?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = after(ctx, &call, done, interview).await?;
        Ok(AcceptProposalPayload { interview, outcome })
    }

    /// Takes none of the times that the other side proposed: the interview stays where it is, and whoever proposed is told.
    /// Greenroom does not propose a second time for the same vacant seat.
    async fn decline_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: DeclineProposalInput,
    ) -> Result<DeclineProposalPayload> {
        let call = Call::begin(ctx, Operation::DeclineProposal)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            Ok(DeclineProposal {
                interview,
                proposal: id(&input.proposal_id, "proposal")?,
                by: call.viewer.account,
                is_staff: call.viewer.is_staff(),
                expected_revision: count(input.expected_revision, "expectedRevision")?,
                reason: words(input.reason.as_deref(), "reason")?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = after(ctx, &call, done, interview).await?;
        Ok(DeclineProposalPayload { interview, outcome })
    }
}
