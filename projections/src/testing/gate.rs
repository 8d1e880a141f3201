//! A log whose readers come to an end of it that the test moves.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    envelope::{Position, StreamId},
    ids::CommandId,
    time::Instant,
};
use futures::{StreamExt, TryStreamExt};
use store::{
    log::{Append, AppendError, Capabilities, Events, Log, Query, ReadError, Receipt},
    memory::MemoryLog,
};
use tokio::sync::watch;

/// Whoever reads an event behind the gate waits until it is opened that far.
pub(crate) struct GatedLog {
    log: Arc<MemoryLog>,
    open_to: watch::Sender<Position>,
}

impl GatedLog {
    /// Open up to a position.
    pub(crate) fn new(log: &Arc<MemoryLog>, open_to: u64) -> Arc<Self> {
        Arc::new(Self {
            log: log.clone(),
            open_to: watch::Sender::new(Position(open_to)),
        })
    }

    /// Opens it for good.
    pub(crate) fn open(&self) {
        self.open_to.send_replace(Position(u64::MAX));
    }
}

#[async_trait]
impl Log for GatedLog {
    fn capabilities(&self) -> Capabilities {
        self.log.capabilities()
    }

    async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        self.log.append(append).await
    }

    fn read(&self, query: Query) -> Events<'_> {
        let events = self.log.read(query);
        let passed = events.and_then(move |event| async move {
            let mut open_to = self.open_to.subscribe();
            // The gate is there as long as the log is.
            let _ = open_to.wait_for(|to| event.envelope.position <= *to).await;
            Ok(event)
        });
        passed.boxed()
    }

    async fn versions(&self, streams: &[StreamId]) -> Result<Vec<u64>, ReadError> {
        self.log.versions(streams).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.log.head().await
    }

    async fn position_at(&self, moment: Instant) -> Result<Position, ReadError> {
        self.log.position_at(moment).await
    }

    async fn last_recorded_at(&self) -> Result<Option<Instant>, ReadError> {
        self.log.last_recorded_at().await
    }

    async fn receipt(&self, command: CommandId) -> Result<Option<Receipt>, ReadError> {
        self.log.receipt(command).await
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.log.tail()
    }
}
