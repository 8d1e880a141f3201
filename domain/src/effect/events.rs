//! What can happen to a deed in the outside world. Its outcome is an event of the aggregate it is for, decided under
//! the effect's id as command id; here stands only what happens on the way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    event::LinkSource,
    events,
    ids::{AccountId, EffectId},
    text::Paragraph,
};

/// The entity an effect is for, whatever its kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct About(pub Uuid);

impl LinkSource for About {
    fn push_to(&self, links: &mut Vec<Uuid>) {
        if !links.contains(&self.0) {
            links.push(self.0);
        }
    }
}

/// A call that costs money or reaches a person is about to be made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EffectAttempted {
    /// Which effect.
    pub effect: EffectId,
    /// What it is for.
    pub about: About,
    /// Name of the deed.
    pub deed: String,
    /// Which attempt, from 1.
    pub attempt: u32,
}

/// All attempts failed: a dead letter for people to look at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EffectGaveUp {
    /// Which effect.
    pub effect: EffectId,
    /// What it is for.
    pub about: About,
    /// Name of the deed.
    pub deed: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Short code of the last failure.
    pub code: String,
}

/// A person wants a dead letter tried again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EffectRetried {
    /// Which effect.
    pub effect: EffectId,
    /// What it is for.
    pub about: About,
    /// Who wants it; nobody on the command line.
    pub by: Option<AccountId>,
    /// Why.
    pub reason: Paragraph,
}

events! {
    /// What can happen to a deed in the outside world.
    pub enum EffectEvent in Category::Effect {
        EffectAttempted = "effect.attempted" v 1 links(about),
        EffectGaveUp = "effect.gave_up" v 1 links(about),
        EffectRetried = "effect.retried" v 1 links(about, by),
    }
}
