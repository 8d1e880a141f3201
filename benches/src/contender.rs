//! Whoever takes part in a comparison.

use std::path::Path;

use anyhow::Result;
use async_trait::async_trait;
use workload::measure::Round;

/// How large one round is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Load {
    /// Callers at the same time.
    pub(crate) callers: u64,
    /// Commands of each.
    pub(crate) commands: u64,
}

/// Somebody who loads, decides and appends.
#[async_trait]
pub(crate) trait Contender: Send + Sync {
    /// As it stands in the table.
    fn name(&self) -> &'static str;

    /// Commands a second to expect, so that a round lasts about as long as asked for.
    fn expected(&self, callers: u64) -> f64;

    /// Plays one round in an empty store. `folder` is empty and of its own, on the disk that is measured.
    async fn round(&self, folder: &Path, load: Load) -> Result<Round>;
}
