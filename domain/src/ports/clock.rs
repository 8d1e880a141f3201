//! Business time.

use crate::time::Instant;

/// The one source of business time. Read in `commands`, in `workers` and when tokens are checked, and nowhere else.
/// Leases, timeouts and limits are never measured with it: it may be a simulated clock that jumps.
pub trait Clock: Send + Sync + 'static {
    /// The present moment, in whole microseconds. Never goes back.
    fn now(&self) -> Instant;
}
