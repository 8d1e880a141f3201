//! What the API wants to know of whoever runs effects.

use std::error::Error;

use async_trait::async_trait;

/// How many effects are where; answered by whoever runs them.
#[async_trait]
pub trait EffectsOverview: Send + Sync + 'static {
    /// Effects that are still to be done, and those that were given up.
    async fn counts(&self) -> Result<EffectCounts, Box<dyn Error + Send + Sync>>;
}

/// Numbers of effects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EffectCounts {
    /// Still to be done, due or not.
    pub open: u64,
    /// Given up; a person should look.
    pub dead: u64,
}
