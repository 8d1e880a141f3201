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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        effect::given::{about, attempted, dead, revived, trying},
        given::id,
        testing::given,
    };

    fn attempt(attempt: u32) -> Attempt {
        Attempt {
            effect: id(1),
            about: about(),
            deed: "send_mail".to_owned(),
            attempt,
        }
    }

    #[test]
    fn attempts_are_counted_without_gaps_and_over_retries() {
        given::<Effect>([]).when(attempt(1)).then(attempted(1));
        given::<Effect>(trying()).when(attempt(2)).then(attempted(2));
        given::<Effect>(revived()).when(attempt(2)).then(attempted(2));
    }

    #[test]
    fn an_attempt_that_somebody_else_made_is_not_made_again() {
        given::<Effect>(trying())
            .when(attempt(1))
            .then_refused(Refusal::StaleVersion { current: 1 });
    }

    #[test]
    fn no_attempt_is_left_out() {
        given::<Effect>(trying())
            .when(attempt(3))
            .then_refused(Refusal::StaleVersion { current: 1 });
    }

    #[test]
    fn a_dead_letter_is_not_attempted() {
        given::<Effect>(dead()).when(attempt(2)).then_nothing();
    }
}
