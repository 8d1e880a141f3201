//! What can happen to the installation as a whole.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{events, time::Instant};

/// The log was restored from a backup: what was done after the backup was taken is not in it. Everything that was due
/// by then and has no outcome may have been done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LogRestored {
    /// When, in business time: no earlier than the last thing that may have been done.
    pub at: Instant,
}

events! {
    /// What can happen to the installation as a whole.
    pub enum SystemEvent in Category::System {
        LogRestored = "system.log_restored" v 1,
    }
}
