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
    use uuid::Uuid;

    use super::*;

    fn attempt(attempt: u32) -> Attempt {
        let effect = EffectId::new(Uuid::from_u128(1));
        Attempt {
            effect,
            about: About(effect.uuid()),
            deed: "send_mail".to_owned(),
            attempt,
        }
    }

    #[test]
    fn attempts_are_counted_without_gaps_and_over_retries() {
        assert_eq!(decide(&Effect::Fresh, &attempt(1)).unwrap().len(), 1);
        assert_eq!(
            decide(&Effect::Retried { attempts: 3 }, &attempt(4))
                .unwrap()
                .len(),
            1
        );
        let refusal = Err(Refusal::StaleVersion { current: 1 });
        assert_eq!(decide(&Effect::Trying { attempts: 1 }, &attempt(1)), refusal);
        assert_eq!(decide(&Effect::Trying { attempts: 1 }, &attempt(3)), refusal);
    }

    #[test]
    fn a_dead_letter_is_not_attempted() {
        let dead = Effect::GaveUp {
            about: About(Uuid::nil()),
            attempts: 1,
        };
        assert_eq!(decide(&dead, &attempt(2)), nothing());
    }
}
