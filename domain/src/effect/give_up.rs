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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        effect::given::{about, attempted, gave_up, revived, trying},
        given::id,
        testing::given,
    };

    fn give_up(attempts: u32) -> GiveUp {
        GiveUp {
            effect: id(1),
            about: about(),
            deed: "send_mail".to_owned(),
            attempts,
            code: "unavailable".to_owned(),
        }
    }

    #[test]
    fn an_effect_is_given_up_once() {
        given::<Effect>(trying()).when(give_up(1)).then_once(gave_up(1));
    }

    #[test]
    fn calls_that_left_no_event_count_when_an_effect_is_given_up() {
        given::<Effect>([]).when(give_up(5)).then_once(gave_up(5));
    }

    #[test]
    fn attempts_before_a_retry_are_not_forgotten() {
        let mut history = revived();
        history.push(attempted(2).into());

        given::<Effect>(history).when(give_up(1)).then_once(gave_up(2));
    }
}
