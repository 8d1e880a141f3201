//! Giving up aloud.

use super::{
    Effect,
    events::{About, EffectEvent, EffectGaveUp},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::EffectId,
};

/// All attempts failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GiveUp {
    /// Which effect.
    pub effect: EffectId,
    /// What it is for.
    pub about: About,
    /// Name of the deed.
    pub deed: String,
    /// How often it was tried, as the worker counts; calls that cost nothing leave no event.
    pub attempts: u32,
    /// Short code of the last failure.
    pub code: String,
}

/// Nothing when it was given up; never refused.
pub fn decide(effect: &Effect, command: &GiveUp) -> Decision<EffectEvent> {
    if effect.gave_up() {
        return nothing();
    }
    one(EffectGaveUp {
        effect: command.effect,
        about: command.about,
        deed: command.deed.clone(),
        attempts: command.attempts.max(effect.attempts()),
        code: command.code.clone(),
    })
}
