//! Announcing a call before it is made.

use super::{
    Effect,
    events::{About, EffectAttempted, EffectEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::EffectId,
    refusal::Refusal,
};

/// A call that costs money or reaches a person is about to be made (rule A3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// Which effect.
    pub effect: EffectId,
    /// What it is for.
    pub about: About,
    /// Name of the deed.
    pub deed: String,
    /// Which attempt: one more than the last, over all retries.
    pub attempt: u32,
}

/// Nothing once it was given up: the caller makes no call without an event.
///
/// # Errors
/// `StaleVersion` when it is not the next attempt, because somebody else made one.
pub fn decide(effect: &Effect, command: &Attempt) -> Decision<EffectEvent> {
    if effect.gave_up() {
        return nothing();
    }
    if command.attempt != effect.attempts() + 1 {
        return Err(Refusal::StaleVersion {
            current: u64::from(effect.attempts()),
        });
    }
    one(EffectAttempted {
        effect: command.effect,
        about: command.about,
        deed: command.deed.clone(),
        attempt: command.attempt,
    })
}
