//! Looking after the machinery.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::operations::retry_effect::RetryEffect;
use domain::{refusal::Refusal, text::Paragraph};

use super::{
    super::policy::Operation,
    call::{Call, Outcome, id},
};

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
}
