//! Records that the log was restored from a backup.

use super::{
    Installation,
    events::{LogRestored, SystemEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    time::Instant,
};

/// The log was restored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordRestore {
    /// When, in business time.
    pub at: Instant,
}

/// Nothing when that restore, or a later one, is recorded.
///
/// # Errors
/// None.
pub fn decide(state: Installation, command: &RecordRestore) -> Decision<SystemEvent> {
    if state.restored_at.is_some_and(|known| known >= command.at) {
        return nothing();
    }
    one(LogRestored { at: command.at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{given::utc, testing::given};

    fn restored(at: &str) -> LogRestored {
        LogRestored { at: utc(at) }
    }

    fn record(at: &str) -> RecordRestore {
        RecordRestore { at: utc(at) }
    }

    #[test]
    fn a_restore_is_recorded_once() {
        given::<Installation>([])
            .when(record("2026-05-04T10:00:00Z"))
            .then_once(restored("2026-05-04T10:00:00Z"));
    }

    #[test]
    fn a_later_restore_is_another_one() {
        given::<Installation>([restored("2026-05-04T10:00:00Z").into()])
            .when(record("2026-05-05T10:00:00Z"))
            .then_once(restored("2026-05-05T10:00:00Z"));
    }
}
