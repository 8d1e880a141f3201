//! Having a dead letter tried again.

use super::{
    Effect,
    events::{EffectEvent, EffectRetried},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, EffectId},
    refusal::Refusal,
    text::Paragraph,
};

/// A person wants a dead letter tried again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retry {
    /// Which effect.
    pub effect: EffectId,
    /// Who wants it; nobody on the command line.
    pub by: Option<AccountId>,
    /// Why.
    pub reason: Paragraph,
}

/// Nothing when it waits to be tried again.
///
/// # Errors
/// `NotFound` when it was never tried, `WrongState` while it is being tried.
pub fn decide(effect: &Effect, command: &Retry) -> Decision<EffectEvent> {
    match effect {
        Effect::Fresh => Err(Refusal::NotFound { what: "effect" }),
        Effect::Trying { .. } => Err(Refusal::WrongState {
            state: "the effect is being tried",
        }),
        Effect::Retried { .. } => nothing(),
        Effect::GaveUp { about, .. } => one(EffectRetried {
            effect: command.effect,
            about: *about,
            by: command.by,
            reason: command.reason.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        effect::given::{dead, tried_again, trying, why},
        given::id,
        testing::given,
    };

    fn retry() -> Retry {
        Retry {
            effect: id(1),
            by: Some(id(3)),
            reason: why(),
        }
    }

    #[test]
    fn a_dead_letter_is_revived_once() {
        given::<Effect>(dead()).when(retry()).then_once(tried_again());
    }

    #[test]
    fn what_is_being_tried_needs_no_retry() {
        given::<Effect>(trying())
            .when(retry())
            .then_refused(Refusal::WrongState {
                state: "the effect is being tried",
            });
    }

    #[test]
    fn what_was_never_tried_is_not_tried_again() {
        given::<Effect>([])
            .when(retry())
            .then_refused(Refusal::NotFound { what: "effect" });
    }
}
