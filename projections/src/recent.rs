//! What was read of the log last. All live tables follow the same log and wake at the same moment, so whoever comes first reads for
//! all of them.

use std::sync::Arc;

use domain::envelope::{Position, Recorded};
use store::log::{Log, ReadError};
use tokio::sync::Mutex;

use crate::runner::read_page;

/// The page that was read last.
#[derive(Clone, Default)]
pub(crate) struct Recent(Arc<Mutex<Last>>);

#[derive(Default)]
struct Last {
    after: Position,
    events: Arc<[Recorded]>,
}

/// Events that follow each other.
pub(crate) struct Page {
    all: Arc<[Recorded]>,
    from: usize,
    to: usize,
}

impl Page {
    pub(crate) fn events(&self) -> &[Recorded] {
        &self.all[self.from..self.to]
    }
}

impl Recent {
    /// The events after a position, so many at most; those that were read last, as far as they are among them. None only when there
    /// are none.
    pub(crate) async fn page(&self, log: &dyn Log, after: Position, most: u64) -> Result<Page, ReadError> {
        let mut last = self.0.lock().await;
        let known = last.events.last().map(|event| event.envelope.position);
        if after < last.after || known.is_none_or(|known| known <= after) {
            let events = read_page(log, after, most, None).await?;
            *last = Last {
                after,
                events: events.into(),
            };
        }
        let from = last
            .events
            .partition_point(|event| event.envelope.position <= after);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(Page {
            to: last.events.len().min(from.saturating_add(most)),
            all: Arc::clone(&last.events),
            from,
        })
    }
}
