//! Builders for tests around deeds in the outside world.

use super::events::{About, EffectAttempted, EffectEvent, EffectGaveUp, EffectRetried};
use crate::{given::id, text::Paragraph};

pub(super) fn about() -> About {
    About(uuid::Uuid::from_u128(2))
}

pub(super) fn attempted(attempt: u32) -> EffectAttempted {
    EffectAttempted {
        effect: id(1),
        about: about(),
        deed: "send_mail".to_owned(),
        attempt,
    }
}

pub(super) fn gave_up(attempts: u32) -> EffectGaveUp {
    EffectGaveUp {
        effect: id(1),
        about: about(),
        deed: "send_mail".to_owned(),
        attempts,
        code: "unavailable".to_owned(),
    }
}

pub(super) fn why() -> Paragraph {
    Paragraph::new("The relay is back").unwrap()
}

pub(super) fn tried_again() -> EffectRetried {
    EffectRetried {
        effect: id(1),
        about: about(),
        by: Some(id(3)),
        reason: why(),
    }
}

/// Tried once, with an open end.
pub(super) fn trying() -> Vec<EffectEvent> {
    vec![attempted(1).into()]
}

/// Tried once, and given up.
pub(super) fn dead() -> Vec<EffectEvent> {
    vec![attempted(1).into(), gave_up(1).into()]
}

/// Given up, and to be tried again.
pub(super) fn revived() -> Vec<EffectEvent> {
    vec![attempted(1).into(), gave_up(1).into(), tried_again().into()]
}
