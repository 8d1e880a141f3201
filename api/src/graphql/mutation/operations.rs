//! Looking after the machinery.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::operations::{retry_effect::RetryEffect, skip_event::SkipEvent};
use domain::{refusal::Refusal, text::Paragraph};
use projections::poison::RetryError;

use super::{
    super::{policy::Operation, scalars::Position},
    call::{Answer, Call, Outcome, id, refused},
};
use crate::error::ApiError;

/// Looking after the machinery.
#[derive(Default, Clone, Copy, Debug)]
pub struct OperationsMutation;

/// A dead letter to be tried again.
#[derive(InputObject, Debug)]
pub struct RetryEffectInput {
    /// Which, as listed under `system`.
    effect_id: ID,
    /// What was mended, or why it may be tried again. Nothing about a person.
    reason: String,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// It will be tried again, in the background.
#[derive(SimpleObject, Debug)]
pub struct RetryEffectPayload {
    /// Which effect; null when it was refused.
    effect_id: Option<ID>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// Rows to be folded again that wait for an event.
#[derive(InputObject, Debug)]
pub struct RetryParkedInput {
    /// The read model's name, as listed under `system`.
    read_model: String,
    /// Where the event is, as listed under `system`.
    event_position: Position,
    /// Taken as with every mutation, without an effect: trying twice does what trying once does.
    idempotency_key: Option<String>,
}

/// The rows are whole, and go on with the others.
#[derive(SimpleObject, Debug)]
pub struct RetryParkedPayload {
    /// Where the event is; null when it was refused.
    event_position: Option<Position>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// An event to be left out of a read model.
#[derive(InputObject, Debug)]
pub struct SkipParkedInput {
    /// The read model's name, as listed under `system`.
    read_model: String,
    /// Where the event is, as listed under `system`.
    event_position: Position,
    /// Why the read model may go on without it. Recorded for ever; nothing about a person.
    reason: String,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The read model goes on without the event.
#[derive(SimpleObject, Debug)]
pub struct SkipParkedPayload {
    /// Where the event is; null when it was refused.
    event_position: Option<Position>,
    #[graphql(flatten)]
    outcome: Outcome,
}

#[Object]
impl OperationsMutation {
    /// Has a dead letter tried again, as often as a new effect is. What it wants is done at most once: the provider
    /// knows the repeat by its key, and a mail keeps its Message-ID.
    async fn retry_effect(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: RetryEffectInput,
    ) -> Result<RetryEffectPayload> {
        let call = Call::begin(ctx, Operation::RetryEffect)?;
        let use_case = id(&input.effect_id, "effect").and_then(|effect| {
            let reason = Paragraph::new(&input.reason).map_err(Refusal::text("reason"))?;
            Ok(RetryEffect {
                effect,
                by: Some(call.viewer.account),
                reason,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(RetryEffectPayload {
            effect_id: done.map(|()| input.effect_id),
            outcome,
        })
    }

    /// Folds the rows again that wait because a read model could not fold an event of theirs: after a newer version was
    /// installed that can. Nothing is recorded. `WRONG_STATE`: it still cannot.
    async fn retry_parked(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: RetryParkedInput,
    ) -> Result<RetryParkedPayload> {
        let call = Call::begin(ctx, Operation::RetryParked)?;
        let projections = &call.services.projections;
        let position = input.event_position.0;
        let retried = projections
            .retry_parked(&input.read_model, call.viewer.tenant, position)
            .await;
        let answer = match retried {
            Ok(()) => Answer::Done {
                value: input.event_position,
                position: call.services.log.head().await.map_err(ApiError::unavailable)?,
                behind: false,
            },
            Err(RetryError::Unknown(_)) => refused(Refusal::NotFound { what: "read model" }),
            Err(RetryError::NotParked { .. }) => refused(Refusal::NotFound { what: "parked event" }),
            Err(RetryError::StillPoisoned { .. }) => refused(Refusal::WrongState {
                state: "the event still cannot be folded",
            }),
            Err(error @ RetryError::Failed(_)) => return Err(ApiError::unavailable(error).into()),
        };
        let (event_position, outcome) = answer.split();
        Ok(RetryParkedPayload {
            event_position,
            outcome,
        })
    }

    /// Leaves an event out of a read model that cannot fold it, so that the rows which wait for it go on. From then on
    /// every fold of that read model leaves it out: of the present, of a rebuild, and of the past. Other read models
    /// still fold it, and the event stays in the log, where the reason and who gave it are recorded too.
    async fn skip_parked(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: SkipParkedInput,
    ) -> Result<SkipParkedPayload> {
        let call = Call::begin(ctx, Operation::SkipParked)?;
        let position = input.event_position.0;
        let parked = call.services.projections.parked(Some(call.viewer.tenant)).await;
        let parked = parked.map_err(ApiError::unavailable)?;
        let waited_for = parked
            .into_iter()
            .find(|event| event.model == input.read_model && event.envelope.position == position);
        let use_case = Paragraph::new(&input.reason)
            .map_err(Refusal::text("reason"))
            .map(|reason| SkipEvent {
                name: input.read_model,
                position,
                waited_for: waited_for.map(|event| event.envelope),
                by: Some(call.viewer.account),
                reason,
            });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(SkipParkedPayload {
            event_position: done.map(|()| input.event_position),
            outcome,
        })
    }
}
