//! The log was restored from a backup. From then on everything that was due and has no outcome is in doubt: it may have
//! been done after the backup was taken.

use async_trait::async_trait;
use domain::{
    actor::Actor,
    envelope::Position,
    ids,
    system::{Installation, record_restore},
    time::Instant,
};
use serde::Serialize;
use store::executor::{CommandError, Executor, Invocation, SYSTEM, Unit, UseCase, mint};
use uuid::Uuid;

/// A restore.
#[derive(Clone, Copy, Debug, Serialize)]
struct RecordRestore {
    at: Instant,
}

#[async_trait]
impl UseCase for RecordRestore {
    const OPERATION: &'static str = "recordRestore";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let record = record_restore::RecordRestore { at: self.at };
        unit.decide::<Installation>(Uuid::nil(), record.into()).await?;
        Ok(())
    }
}

/// Records that the log was restored at a moment of business time, which is no earlier than the last thing that may have
/// been done since the backup. To be called before anything is done for the restored log. The same moment again is the
/// same restore. Gives the position of the event.
///
/// # Errors
/// When the log cannot be read or written.
pub async fn record_restore(executor: &Executor, at: Instant) -> Result<Position, CommandError> {
    let invocation = Invocation {
        tenant: SYSTEM,
        actor: Actor::system("restore"),
        command_id: ids::derive(&[b"restore", &at.timestamp_micros().to_be_bytes()]),
        correlation_id: mint(at),
        causation_id: None,
        trace: None,
        now: at,
    };
    let outcome = executor.run(&invocation, &RecordRestore { at }).await?;
    Ok(outcome.position)
}
